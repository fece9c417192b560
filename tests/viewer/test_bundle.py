"""NiiVue is taken only if it is the pinned one; without it everything else is built."""

import io
import tarfile
from pathlib import Path

import pytest

from lumenfield.viewer import bundle


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Bundle into an empty folder, without npm."""
    vendor = tmp_path / "vendor"
    monkeypatch.setattr(bundle, "VENDOR", vendor)
    monkeypatch.setattr(bundle, "BUNDLED", vendor / "niivue.js")
    monkeypatch.setattr(bundle, "STAMP", vendor / "niivue.integrity")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def archive(path: Path, script: bytes) -> Path:
    with tarfile.open(path, "w:gz") as made:
        member = tarfile.TarInfo(bundle.MEMBER)
        member.size = len(script)
        made.addfile(member, io.BytesIO(script))
    return path


def fake_npm(folder: Path, body: str) -> None:
    npm = folder / "bin" / "npm"
    npm.write_text(f"#!/bin/sh\n{body}\n")
    npm.chmod(0o755)


def pin(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    import base64
    import hashlib

    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    monkeypatch.setattr(bundle, "INTEGRITY", f"sha512-{digest}")


def test_the_pinned_archive_is_taken(elsewhere: Path, monkeypatch: pytest.MonkeyPatch):
    made = archive(elsewhere / "n.tgz", b"script")
    pin(monkeypatch, made)
    assert not bundle.is_bundled()
    assert bundle.bundle(made).read_bytes() == b"script"
    assert bundle.is_bundled()
    made.unlink()
    assert bundle.bundle() == bundle.BUNDLED  # It is there: nothing is fetched.


def test_npm_brings_it(elsewhere: Path, monkeypatch: pytest.MonkeyPatch):
    made = archive(elsewhere / "n.tgz", b"script")
    pin(monkeypatch, made)
    # $5 is where npm is told to put it.
    fake_npm(elsewhere, f'while read -r l; do echo "$l"; done < /dev/null; /bin/cp {made} "$5"')
    assert bundle.bundle().read_bytes() == b"script"


def test_any_other_archive_is_refused(elsewhere: Path):
    with pytest.raises(bundle.BundleError, match="not the pinned archive"):
        bundle.bundle(archive(elsewhere / "n.tgz", b"evil"))
    assert not bundle.VENDOR.exists()


def test_an_older_version_is_not_taken_for_it(elsewhere: Path, monkeypatch: pytest.MonkeyPatch):
    made = archive(elsewhere / "n.tgz", b"script")
    pin(monkeypatch, made)
    bundle.bundle(made)
    bundle.STAMP.write_text("sha512-older\n")
    assert not bundle.is_bundled()


def test_without_npm_it_says_what_to_do():
    with pytest.raises(bundle.BundleError, match=r"npm is not installed; .* --tarball"):
        bundle.bundle()


def test_a_closed_registry_is_told_in_npms_words(elsewhere: Path):
    fake_npm(elsewhere, "echo 'npm error network refused' >&2; exit 1")
    with pytest.raises(
        bundle.BundleError, match=r"could not fetch it \(npm error network refused\)"
    ):
        bundle.bundle()
