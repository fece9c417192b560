"""Where cases are written: checked before any work is done, and never over what is not ours."""

import os
from pathlib import Path

from lumenfield.errors import InputError

__all__ = ["check_folder", "check_replaceable"]


def check_folder(out: Path) -> None:
    """Refuse a place that no folder can be made at, before any work; nothing is made yet.

    Raises:
        InputError: a file is in the way, or the nearest folder above is closed.
    """
    there = next(place for place in (out, *out.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise InputError(
            f"{there} is {'closed to writing' if there.is_dir() else 'a file'}",
            "outputs go to a folder",
            "name another with -o",
        )


def check_replaceable(folder: Path, *sources: Path, mark: str = "run.json") -> None:
    """Refuse to replace a folder that an earlier run did not write, or that holds an input.

    Args:
        mark: the file that tells a folder of ours.

    Raises:
        InputError: it holds something else.
    """
    if not folder.exists():
        return
    within = [s for s in sources if folder.resolve() in s.resolve().parents]
    ours = folder.is_dir() and ((folder / mark).is_file() or not any(folder.iterdir()))
    if within or not ours:
        raise InputError(
            f"{folder} holds {within[0].name if within else 'files that no run wrote'}",
            "a case is written to a new folder, or replaces that of an earlier run",
            "name another with -o",
        )
