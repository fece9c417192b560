"""Bring NiiVue beside the page; separate because it runs when the package is built, never later.

The drawing library is not in the repository. `python -m lumenfield.viewer.bundle` asks the npm
client for one version of it, so that mirrors, proxies and certificates are those npm is set up
with, and takes two files out of the package only if its sha512 is the one pinned here. The build
runs this file on its own (see `setup.py`): it imports nothing but the standard library.
"""

import argparse
import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

__all__ = ["BUNDLED", "NAME", "VERSION", "BundleError", "bundle", "is_bundled"]

NAME = "@niivue/niivue"
VERSION = "0.69.0"
INTEGRITY = (
    "sha512-YMjQvJgD1W2b7DuoxkwlC4VxbrgIePRJ5qyQzXKxi2v2"
    "MBVg285P/CIQyg46oDDGDIcaNlbd+MhtO/edMbXJkA=="
)
MEMBER = "package/dist/niivue.umd.js"
VENDOR = Path(__file__).parent / "static" / "vendor"
BUNDLED = VENDOR / "niivue.js"
STAMP = VENDOR / "niivue.integrity"
_PATIENCE_S = 180


class BundleError(RuntimeError):
    """NiiVue could not be brought; the message says why and what to do."""


def bundle(tarball: Path | None = None) -> Path:
    """Put the pinned NiiVue into the page's folder, and return where it lies.

    Args:
        tarball: the package's own archive, for a machine without npm or network; else npm brings
            it.

    Raises:
        BundleError: there is no npm, it cannot fetch, or the archive is not the pinned one.
    """
    if tarball is None and is_bundled():
        return BUNDLED
    with tempfile.TemporaryDirectory() as folder:
        archive = tarball if tarball is not None else _packed(Path(folder))
        script = _verified(archive)
    VENDOR.mkdir(parents=True, exist_ok=True)
    part = BUNDLED.with_suffix(".part")
    part.write_bytes(script)
    part.replace(BUNDLED)
    STAMP.write_text(INTEGRITY + "\n", encoding="ascii")
    return BUNDLED


def is_bundled() -> bool:
    """Tell whether the pinned version is there."""
    return BUNDLED.is_file() and STAMP.is_file() and STAMP.read_text().strip() == INTEGRITY


def _packed(folder: Path) -> Path:
    """Let npm fetch the package's archive."""
    npm = shutil.which("npm")
    if npm is None:
        raise BundleError(_told("npm is not installed"))
    command = [npm, "pack", f"{NAME}@{VERSION}", "--silent", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE_S, cwd=folder
        )
    except subprocess.TimeoutExpired:
        raise BundleError(_told(f"npm gave no answer in {_PATIENCE_S} s")) from None
    archives = list(folder.glob("*.tgz"))
    if done.returncode or not archives:
        said = (done.stderr or done.stdout).strip().splitlines() or ["no archive"]
        raise BundleError(_told(f"npm could not fetch it ({said[-1]})"))
    return archives[0]


def _verified(archive: Path) -> bytes:
    """Take the script out of the archive, which must be the pinned one to the last bit."""
    try:
        data = archive.read_bytes()
    except OSError as error:
        raise BundleError(_told(f"{archive}: {error.strerror}")) from None
    found = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    if found != INTEGRITY:
        raise BundleError(_told(f"{archive.name} is {found[:20]}…, not the pinned archive"))
    with tarfile.open(archive) as opened:
        member = opened.extractfile(MEMBER)
        assert member is not None, "the pinned archive has this file"
        return member.read()


def _told(came: str) -> str:
    return (
        f"NiiVue {VERSION} was not bundled: {came}; view and serve need it, nothing else does: "
        "install npm and run `python -m lumenfield.viewer.bundle`, or give it the archive with "
        f"--tarball (npm pack {NAME}@{VERSION} on a machine with a network)"
    )


def main() -> int:
    """Bundle from the command line; exit status 2 with one line if it cannot be done."""
    parser = argparse.ArgumentParser(prog="lumenfield.viewer.bundle", description=__doc__)
    parser.add_argument("--tarball", type=Path, help="the package's archive, if npm is not here")
    try:
        print(bundle(parser.parse_args().tarball))
    except BundleError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
