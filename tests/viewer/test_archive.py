"""Archives of a DICOM series: plain DICOM files come out under names of ours, or one line."""

import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lumenfield.errors import InputError
from lumenfield.viewer.archive import unpack

SLICE = b"\0" * 128 + b"DICM" + b"x" * 100
Members = list[tuple[str, bytes]]


def zipped(path: Path, members: Members) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def tarred(path: Path, members: Members) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


PACK: dict[str, Callable[[Path, Members], Path]] = {".zip": zipped, ".tar": tarred}


@pytest.mark.parametrize("suffix", PACK)
def test_slices_come_out_under_names_of_ours_and_nowhere_else(suffix: str, tmp_path: Path) -> None:
    members = [("../../out", SLICE), ("/etc/IM1", SLICE + b"y"), ("a/readme.txt", b"no slice")]
    archive = PACK[suffix](tmp_path / f"a{suffix}", members)
    unpack(archive, tmp_path / "series", most_bytes=1000)
    names = {path.name: path.read_bytes() for path in (tmp_path / "series").iterdir()}
    assert names == {"00001.dcm": SLICE, "00002.dcm": SLICE + b"y"}
    assert (tmp_path / "series").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [archive.name, "series"]


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize(
    ("members", "limits", "message"),
    [
        ([("a", SLICE)] * 3, {"most_files": 2}, "holds more than 2 files; an archive with the"),
        ([("a", SLICE + b"\0" * 10**6)], {}, "unpacks to more than this server takes"),
        ([("a", SLICE), ("b", SLICE)], {"most_bytes": 300}, "unpacks to more than this server"),
        ([("cut.dcm", SLICE[:120])], {}, "holds cut.dcm without a DICOM mark"),
        ([("scan.nii", b"x" * 500)], {}, "holds no DICOM file; an archive with the files of one"),
        ([], {}, "holds no DICOM file"),
    ],
)
def test_what_is_no_series_is_told_in_a_line(
    suffix: str, members: Members, limits: dict[str, int], message: str, tmp_path: Path
) -> None:
    named = [(f"{number}{name}", content) for number, (name, content) in enumerate(members)]
    archive = PACK[suffix](tmp_path / f"a{suffix}", named)
    with pytest.raises(InputError, match=message.replace("cut", "0cut")):
        unpack(archive, tmp_path / "series", **{"most_bytes": 1000, **limits})


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_a_link_or_a_device_in_a_tar_is_refused(kind: bytes, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        info = tarfile.TarInfo("link\x1b")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(InputError, match=r"a\.tar holds link\?, which is no plain file"):
        unpack(tmp_path / "a.tar", tmp_path / "series", most_bytes=1000)


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="holds link, which is no plain file"):
        unpack(tmp_path / "a.zip", tmp_path / "series", most_bytes=1000)


def test_a_password_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", [("a", SLICE)])
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.zip has a password"):
        unpack(archive, tmp_path / "series", most_bytes=1000)


@pytest.mark.parametrize("suffix", PACK)
def test_a_damaged_archive_is_told_in_a_line(suffix: str, tmp_path: Path) -> None:
    archive = PACK[suffix](tmp_path / f"a{suffix}", [("a", SLICE * 40)])
    archive.write_bytes(archive.read_bytes()[:90])
    with pytest.raises(InputError, match="damaged"):
        unpack(archive, tmp_path / "series", most_bytes=10**6)
