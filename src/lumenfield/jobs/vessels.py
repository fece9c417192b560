"""Measured branches as files: a table, lines for a 3-D viewer, and what `run.json` says."""

import csv
import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np

from lumenfield import io
from lumenfield.io.polydata import write_lines
from lumenfield.pipeline import Outcome
from lumenfield.vessels import Branch, Interval, Vessels, trace_vessels

__all__ = ["branch_records", "measure_case", "write_centreline_table", "write_centrelines"]

_COLUMNS = ("branch", "arc_mm", "x_mm", "y_mm", "z_mm")
_CURVES = ("radius_mm", "radius_low_mm", "radius_high_mm", "least_mm", "reference_mm")


def measure_case(outcome: Outcome, part: Path) -> Vessels:
    """Trace all vessels of a case, and write `centreline.csv` and `centreline.vtp`."""
    found, solver = outcome.prediction, outcome.refinement
    vessels = trace_vessels(
        found.distance, found.spread, found.field, samples=solver.samples if solver else None
    )
    write_centreline_table(vessels, part / "centreline.csv")
    write_centrelines(vessels, part / "centreline.vtp")
    return vessels


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
    """Give the figures of each branch as JSON holds them, intervals as value, low and high."""
    return [{"branch": k, **_record(branch)} for k, branch in enumerate(vessels.branches)]


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
