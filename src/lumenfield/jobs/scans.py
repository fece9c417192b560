"""Which scans a command is about: files, folders and patterns become cases with names."""

import glob
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lumenfield import io
from lumenfield.errors import InputError

__all__ = ["ScanCase", "case_name", "find_scans", "named_cases"]


@dataclass(frozen=True)
class ScanCase:
    """One scan to work on.

    Args:
        name: of its folder of results.
        reading: which array, series or frame of the file.
    """

    path: Path
    name: str
    reading: io.ReadOptions


def find_scans(words: Iterable[Path | str]) -> list[Path]:
    """Find the scans that files, folders and patterns name.

    A folder of DICOM or of numbered images is one scan; any other stands for the scans in it and
    in its folders that are one scan, each in the order of their names.

    Raises:
        InputError: a pattern or a folder without a scan.
    """
    return [scan for word in words for scan in _scans(Path(word))]


def named_cases(paths: Iterable[Path], reading: io.ReadOptions) -> list[ScanCase]:
    """Name each scan after its file; where names meet, the folder's goes before it.

    With every frame asked for, each frame is a case: `scan-t00`, `scan-t01`, …, `scan-t000`, … of
    more than a hundred.

    Raises:
        InputError: two scans would still have one name.
    """
    every = list(paths)
    count = Counter(case_name(path) for path in {path.absolute() for path in every})
    cases = [
        case
        for path in every
        for case in _frames(path, case_name(path, count[case_name(path)] > 1), reading)
    ]
    twice = sorted(name for name, n in Counter(case.name for case in cases).items() if n > 1)
    if twice:
        raise InputError(
            f"scans named twice: {', '.join(twice)}",
            "each scan writes to OUT/<name>",
            "rename one, or segment them into different folders",
        )
    return cases


def case_name(path: Path, with_folder: bool = False) -> str:
    """The file's name without its suffixes: `scan.nii.gz` is `scan`."""
    stem = io.case_stem(path)
    name = f"{path.absolute().parent.name}_{stem}" if with_folder else stem
    return re.sub(r"[^\w.+-]+", "_", name) or "scan"


def _scans(path: Path) -> Iterator[Path]:
    if path.is_dir() and not io.holds_one_scan(path):
        found = [one for one in sorted(path.iterdir()) if _is_scan(one)]
        if not found:
            raise InputError(
                f"{path} holds no scan", "a folder of scans", "name the files, or another folder"
            )
        yield from found
    elif not path.exists() and glob.has_magic(str(path)):
        matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))
        if not matches:
            raise InputError(f"no file matches {path}", "a pattern of scans", "check the pattern")
        for match in matches:
            yield from _scans(match)
    else:
        yield path


def _is_scan(path: Path) -> bool:
    if path.name.startswith("."):
        return False
    if path.is_dir():
        return io.holds_one_scan(path)
    return any(path.name.lower().endswith(suffix) for suffix in io.FORMATS if suffix != "/")


def _frames(path: Path, name: str, reading: io.ReadOptions) -> list[ScanCase]:
    if reading.time != "all":
        return [ScanCase(path, name, reading)]
    frames = list(io.frames(path, reading))
    digits = max(2, len(str(len(frames) - 1)))
    return [ScanCase(path, f"{name}-t{k:0{digits}d}", one) for k, one in enumerate(frames)]
