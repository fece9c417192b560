"""Outputs that appear whole or not at all; separate so that every writer makes the same promise."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lumenfield.errors import InputError

__all__ = ["make_folder", "whole_file", "whole_folder"]

_DISK_FAULTS = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.EPERM,
    errno.EROFS,
}


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises:
        InputError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}", "a folder to write to", "name another"
        ) from None


@contextmanager
def whole_file(path: Path | str) -> Iterator[Path]:
    """Give a place beside `path` to write a file to, and move it there once all of it is on disk.

    The place has the same suffix; folders above it are made. A fault, an interrupt or a full disk
    leaves what was there, and no new folder.

    >>> with whole_file("notes.txt") as part:  # doctest: +SKIP
    ...     part.write_text("all of it")

    Raises:
        InputError: the folder cannot be made, is closed or full, or `path` is a folder.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise InputError(f"{path} is a folder", "a file is to be written", "add a file name to it")
    part = target.with_name(f".{secrets.token_hex(4)}.{target.name}")
    with _explained(target), _parents(target):
        try:
            yield part
            _flush(part)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path | str, *, replace: bool = False) -> Iterator[Path]:
    """Give a folder beside `path` to fill, and move it there once all of it is on disk.

    Args:
        replace: let it take the place of a folder that already holds something.

    Raises:
        InputError: the parent cannot be made, is closed or full, `path` is a file, or it
            holds something and `replace` is not given.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_dir():
        raise InputError(f"{path} is a file", "a folder is to be written", "name another")
    if target.is_dir() and any(target.iterdir()) and not replace:
        raise InputError(f"{path} is not empty", "an empty or new folder", "name another")
    part = target.with_name(f".{secrets.token_hex(4)}.{target.name}")
    with _explained(target), _parents(target):
        try:
            part.mkdir()
            yield part
            for file in part.rglob("*"):
                _flush(file)
            _exchange(part, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _parents(target: Path) -> Iterator[None]:
    """Make the folders above a target, and take those made away again if nothing comes of it."""
    new = [folder for folder in target.parents if not folder.exists()]
    make_folder(target.parent)
    try:
        yield
    except BaseException:
        for folder in new:
            # Another writer may have filled it meanwhile.
            with suppress(OSError):
                folder.rmdir()
        raise


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_FAULTS:
            raise
        raise InputError(
            f"{target} was not written ({error.strerror})",
            "the disk must take all of it",
            "free some space or write elsewhere",
        ) from error


def _flush(file: Path) -> None:
    """Wait for the disk: some file systems say only now that they are full."""
    if file.is_file():
        with file.open("rb") as written:
            os.fsync(written.fileno())


def _exchange(part: Path, target: Path) -> None:
    """Move a folder into place; a folder that was there steps aside first, and back on a fault."""
    if not target.exists():
        os.replace(part, target)
        return
    former = target.with_name(f"{part.name}.former")
    os.replace(target, former)
    try:
        os.replace(part, target)
    except OSError:
        os.replace(former, target)
        raise
    shutil.rmtree(former)
