"""Measured branches as files: a table, lines for a 3-D viewer, and what `run.json` says."""

import csv
import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np

from lumenfield import io
from lumenfield.datatypes import Volume
from lumenfield.io.polydata import write_lines
from lumenfield.pipeline import Outcome
from lumenfield.vessels import Branch, Interval, Vessels, trace_vessels

__all__ = [
    "branch_records",
    "branch_units",
    "large_parts",
    "measure_case",
    "write_centreline_table",
    "write_centrelines",
]

_LEAST = 50
_MOST = 30
"""Voxels of a part of the lumen that is measured, and how many parts are."""

_COLUMNS = ("branch", "arc_mm", "x_mm", "y_mm", "z_mm")
_CURVES = ("radius_mm", "radius_low_mm", "radius_high_mm", "least_mm", "reference_mm")


def measure_case(outcome: Outcome, part: Path) -> Vessels:
    """Trace the vessels of a case, and write `centreline.csv` and `centreline.vtp`.

    Parts of the lumen under 50 voxels, and all but the 30 largest, are not measured.
    """
    found, solver = outcome.prediction, outcome.refinement
    distance, notes = large_parts(found.distance)
    vessels = trace_vessels(
        distance, found.spread, found.field, samples=solver.samples if solver else None
    )
    vessels = dataclasses.replace(vessels, notes=(*vessels.notes, *notes))
    write_centreline_table(vessels, part / "centreline.csv")
    write_centrelines(vessels, part / "centreline.vtp")
    return vessels


def large_parts(distance: Volume) -> tuple[Volume, tuple[str, ...]]:
    """Turn what is too small to be a vessel outside, and say how many parts that were.

    A noisy scan has hundreds, and each costs as much as a vessel.
    """
    from scipy.ndimage import label

    parts, count = label(distance.values < 0, structure=np.ones((3,) * distance.ndim))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    order = np.argsort(-sizes, kind="stable")[:_MOST]
    kept = np.zeros(count + 1, bool)
    kept[order[sizes[order] >= _LEAST] + 1] = True
    left = count - int(kept.sum())
    if not left:
        return distance, ()
    outside = distance.like(np.where(kept[parts], distance.values, np.abs(distance.values)))
    why = f"of under {_LEAST} voxels or beyond the {_MOST} largest"
    return outside, (f"{left} of {count} parts of the lumen, {why}, are not measured",)


def write_centreline_table(vessels: Vessels, path: Path) -> None:
    """Write one line a station as CSV; world millimetres. An area is left empty in 2-D."""
    with io.whole_file(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow((*_COLUMNS, *_CURVES, "area_mm2"))
        for number, branch in enumerate(vessels.branches):
            for station, point in enumerate(branch.points_mm):
                curves = [getattr(branch, name)[station] for name in _CURVES]
                area = "" if branch.area_mm2 is None else f"{branch.area_mm2[station]:.4f}"
                figures = (branch.arc_mm[station], *point, *curves)
                table.writerow((number, *(f"{f:.4f}" for f in figures), area))


def write_centrelines(vessels: Vessels, path: Path) -> None:
    """Write each branch as a polyline in .vtp, its radii at its points; world millimetres."""
    branches = vessels.branches
    names = ("arc_mm", *_CURVES)
    curves = {n: np.concatenate([np.zeros(0), *(getattr(b, n) for b in branches)]) for n in names}
    numbers = np.arange(len(branches), dtype=np.int32)
    write_lines(path, [b.points_mm for b in branches], curves, {"branch": numbers})


def branch_records(vessels: Vessels) -> list[dict[str, Any]]:
    """Give the figures of each branch as JSON holds them, intervals as value, low and high.

    A bound that is infinite, and what does not exist, is None.
    """
    return [{"branch": k, **_record(branch)} for k, branch in enumerate(vessels.branches)]


def branch_units(ndim: int) -> dict[str, str]:
    """Give the units of the figures whose names have none; 1 is a ratio."""
    resistance = "Pa·s/m³" if ndim == 3 else "Pa·s/m² per metre of depth"
    return {"tortuosity": "1", "stenosis": "1", "resistance": resistance}


def _record(branch: Branch) -> dict[str, Any]:
    figures = {}
    for field in dataclasses.fields(branch.measures):
        value = getattr(branch.measures, field.name)
        figures[field.name] = _interval(value) if isinstance(value, Interval) else _plain(value)
    ends = {
        name: end.kind if end.number < 0 else f"{end.kind} {end.number}"
        for name, end in (("start", branch.start), ("end", branch.end))
    }
    return {**ends, **figures}


def _interval(interval: Interval) -> dict[str, float | None]:
    return {name: _plain(value) for name, value in dataclasses.asdict(interval).items()}


def _plain(value: float | None) -> float | None:
    """Five figures are more than any of them is known to."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.5g}")
