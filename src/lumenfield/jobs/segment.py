"""The main job on files: scans in, one folder each out, whole or not at all."""

import dataclasses
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lumenfield import io
from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.jobs.case import write_case
from lumenfield.jobs.folders import check_folder, check_replaceable
from lumenfield.jobs.progress import Ticker
from lumenfield.pipeline import SegmentOptions, run

__all__ = ["CaseDone", "case_name", "read_scan", "segment_files"]


@dataclass(frozen=True)
class CaseDone:
    """One scan of many: its folder, or why there is none."""

    name: str
    folder: Path | None
    seconds: float
    record: dict[str, Any] = dataclasses.field(default_factory=dict)
    error: Exception | None = None
    """An `InputError` the user can mend; anything else is a fault of ours."""


def segment_files(
    scans: Iterable[Path],
    out: Path,
    options: SegmentOptions,
    *,
    reading: io.ReadOptions | None = None,
    tick: Ticker = lambda stage, done, total: None,
) -> Iterator[CaseDone]:
    """Segment scans one after another; a bad one is told and the rest go on.

    Args:
        reading: which array, series or frame of each file, and the voxel size.

    Raises:
        InputError: two scans would write to the same folder, or the folder cannot be made.
    """
    paths = list(scans)
    names = [case_name(path) for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"scans named twice: {', '.join(twice)}",
            "each scan writes to OUT/<name>",
            "rename one, or segment them into different folders",
        )
    check_folder(out)
    for path, name in zip(paths, names, strict=True):
        began = time.perf_counter()
        try:
            check_replaceable(out / name, path)
            scan, assumed = read_scan(path, reading)
            outcome = run(scan, options, tick)
            record = write_case(outcome, out / name, options, source=path.name, notes=assumed)
            yield CaseDone(name, out / name, time.perf_counter() - began, record)
        except Exception as error:  # One scan of many: told, and the rest go on.
            yield CaseDone(name, None, time.perf_counter() - began, error=error)


def read_scan(path: Path, reading: io.ReadOptions | None = None) -> tuple[Volume, tuple[str, ...]]:
    """Read a scan, and say what had to be assumed of its geometry.

    Raises:
        InputError: as `io.read`, and for a label map, which is an answer and no scan.
    """
    reading = reading or io.ReadOptions()
    stored = io.peek(path, reading)
    scan = io.load(stored, reading)
    io.refuse_labels(path, scan)
    if reading.spacing is None and not stored.placement.known:
        edges = "×".join(f"{s:g}" for s in scan.spacing)
        note = f"{path.name} records no voxel size; {edges} mm was assumed: pass --spacing"
        return scan, (note,)
    return scan, ()


def case_name(path: Path) -> str:
    """The file's name without its suffixes: `scan.nii.gz` is `scan`."""
    return re.sub(r"[^\w.+-]+", "_", io.case_stem(path)) or "scan"
