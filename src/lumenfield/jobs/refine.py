"""The iterative solver alone on files, for a segmentation from anywhere."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lumenfield import io
from lumenfield.config import from_mapping, with_settings
from lumenfield.jobs.case import write_case
from lumenfield.jobs.folders import check_folder, check_replaceable
from lumenfield.jobs.progress import Ticker
from lumenfield.jobs.segment import case_name, read_scan
from lumenfield.pipeline import SegmentOptions, refine_from

__all__ = ["refine_file"]


def refine_file(
    scan: Path,
    start: Path,
    out: Path,
    *,
    settings: Sequence[str] = (),
    reading: io.ReadOptions | None = None,
    tick: Ticker = lambda stage, done, total: None,
) -> tuple[str, float, dict[str, Any]]:
    """Refine a mask, probability or distance on its scan, and write OUT/<name> as `segment` does.

    Args:
        settings: `a.b=v` over the solver's options, such as `point_spread=0.6`.
        reading: which part of the scan's file, and the voxel size of both.

    Returns:
        The case's name, the seconds it took, and its record.

    Raises:
        InputError: files that cannot be read, on different grids, or without a wall.
    """
    began = time.perf_counter()
    given = with_settings({}, [f"refinement.{setting}" for setting in settings])
    options = from_mapping(SegmentOptions, given, "options")
    name = case_name(scan)
    check_folder(out)
    check_replaceable(out / name, scan, start)
    volume, notes = read_scan(scan, reading)
    wall = io.read(start, spacing=reading.spacing if reading else None)
    if not wall.placed and wall.shape == volume.shape:
        wall = volume.like(wall.values)
    outcome = refine_from(volume, wall, options=options.refinement, report=tick)
    record = write_case(outcome, out / name, options, source=scan.name, notes=notes)
    return name, time.perf_counter() - began, record
