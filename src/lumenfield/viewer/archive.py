"""A DICOM series sent as one zip or tar; separate as every promise about archives is kept here.

Members become plain files of one folder, under names of ours: no path, link or device that an
archive names is ever made. Only DICOM files come out, and no more of them than the limits allow.
"""

import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lumenfield.errors import InputError
from lumenfield.io.foreign import guarded

__all__ = ["ARCHIVES", "MOST_FILES", "unpack"]

ARCHIVES = (".zip", ".tar")
MOST_FILES = 5000

_CHUNK = 1 << 20
_MARK_AT, _MARK = 128, b"DICM"
_NAMED_SO = (".dcm", ".ima")


@dataclass(frozen=True, eq=False)
class _Member:
    """A plain file in an archive, and what reads so many bytes on in it."""

    name: str
    read: Callable[[int], bytes]


def unpack(archive: Path, folder: Path, *, most_bytes: int, most_files: int = MOST_FILES) -> None:
    """Write the DICOM files of an archive into a folder that is made for them.

    Args:
        most_bytes: of all of them together, unpacked.

    Raises:
        InputError: a damaged archive, one with links or a password, too many or too large files,
            one that is named a DICOM file and is none, or no DICOM file at all.
    """
    folder.mkdir(mode=0o700)
    read = _zipped if archive.suffix == ".zip" else _tarred
    count, size = 0, 0
    with guarded(archive):
        for member in read(archive):
            count += 1
            if count > most_files:
                raise _refused(archive, f"holds more than {most_files} files")
            size += _write(archive, member, folder / f"{count:05d}.dcm", most_bytes - size)
    if size == 0:
        raise InputError(
            f"{archive.name} holds no DICOM file",
            "an archive with the files of one DICOM series",
            "send a scan of another format as it is, without packing it",
        )


def _write(archive: Path, member: _Member, path: Path, most_bytes: int) -> int:
    """Write a member if it is a DICOM file, and say how many bytes it has; 0 if it is left out."""
    start = member.read(_MARK_AT + len(_MARK))
    if start[_MARK_AT:] != _MARK:
        if member.name.lower().endswith(_NAMED_SO):
            raise _refused(archive, f"holds {_shown(member.name)} without a DICOM mark")
        return 0
    size, chunk = 0, start
    with path.open("xb") as file:
        while chunk:
            size += len(chunk)
            if size > most_bytes:
                raise _refused(archive, "unpacks to more than this server takes")
            file.write(chunk)
            chunk = member.read(_CHUNK)
    return size


def _zipped(archive: Path) -> Iterator[_Member]:
    with zipfile.ZipFile(archive) as opened:
        for one in opened.infolist():
            if one.is_dir():
                continue
            if stat.S_IFMT(one.external_attr >> 16) not in (0, stat.S_IFREG):
                raise _refused(archive, f"holds {_shown(one.filename)}, which is no plain file")
            if one.flag_bits & 1:
                raise _refused(archive, "has a password")
            with opened.open(one) as content:
                yield _Member(one.filename, content.read)


def _tarred(archive: Path) -> Iterator[_Member]:
    with tarfile.open(archive, "r:") as opened:
        for one in opened:
            if one.isdir():
                continue
            content = opened.extractfile(one) if one.isreg() else None
            if content is None or one.issparse():
                raise _refused(archive, f"holds {_shown(one.name)}, which is no plain file")
            yield _Member(one.name, content.read)


def _refused(archive: Path, came: str) -> InputError:
    needed = "an archive with the plain files of one DICOM series"
    return InputError(f"{archive.name} {came}", needed, "pack that series alone, and send it again")


def _shown(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name)[-60:]
