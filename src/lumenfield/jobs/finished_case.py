"""The page of a case made again from its files; separate as all it is given comes from disk."""

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lumenfield import io
from lumenfield.datatypes import MaternField, Prediction, Volume
from lumenfield.errors import InputError
from lumenfield.evaluation import CaseScores
from lumenfield.jobs.case_report import case_report, with_scores
from lumenfield.jobs.evaluate import evaluate_paths
from lumenfield.report import CaseReport
from lumenfield.vessels import Branch, End, Interval, Measures
from lumenfield.viewer.case import Case

__all__ = ["page_of_case", "read_branches"]

_CENTRELINE = "centreline.csv"


def page_of_case(
    case: Case,
    *,
    scan: Path | None = None,
    truth: Path | None = None,
    baselines: Path | None = None,
) -> CaseReport:
    """Gather what the page of a finished case shows.

    Args:
        scan: the scan itself; without it the probability is shown.
        truth: a mask or a distance; the page then has scores, errors and held intervals.
        baselines: the scan that rivals are let loose on.

    Raises:
        InputError: a file is missing or damaged, on another grid, or cannot be scored.
    """
    distance, spread = case.distance, case.spread
    probability = io.read(case.folder / "probability.nii.gz")
    shown = probability if scan is None else _on_grid(scan, distance, "scan")
    try:
        record = _with_doubts(case.record, has_scan=scan is not None)
        field = MaternField(**record["field"])
        branches = read_branches(case.folder, record["branches"])
        found = Prediction(probability, distance, spread, field)
        page = case_report(case.name, shown, found, record, branches)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{case.folder}: {type(error).__name__} {error}",
            "run.json and centreline.csv as segment writes them",
            "segment the scan again",
        ) from None
    page = dataclasses.replace(page, files=case.files())
    if truth is None:
        return page
    true = _on_grid(truth, distance, "truth")
    evaluation = evaluate_paths(case.folder, truth, baselines=baselines, details=True)
    ours = [dataclasses.replace(one, name="this result") for one in evaluation.cases]
    rivals = [CaseScores(name, one[0].scores) for name, one in evaluation.rivals.items()]
    return with_scores(page, ours, rivals, true)


def read_branches(folder: Path, records: Sequence[Mapping[str, Any]]) -> tuple[Branch, ...]:
    """Read branches back: their curves from the table, their figures from the record.

    Raises:
        KeyError, TypeError, ValueError: a column or figure is missing or no number.
    """
    with (folder / _CENTRELINE).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    by_branch: dict[int, list[dict[str, str]]] = {}
    for row in rows:
        by_branch.setdefault(int(row["branch"]), []).append(row)
    return tuple(_branch(by_branch[number], record) for number, record in enumerate(records))


def _branch(rows: Sequence[Mapping[str, str]], record: Mapping[str, Any]) -> Branch:
    def curve(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.array([float(row[name]) for row in rows])

    return Branch(
        points_mm=np.stack([curve(f"{axis}_mm") for axis in "xyz"], axis=1),
        arc_mm=curve("arc_mm"),
        radius_mm=curve("radius_mm"),
        radius_low_mm=curve("radius_low_mm"),
        radius_high_mm=curve("radius_high_mm"),
        least_mm=curve("least_mm"),
        reference_mm=curve("reference_mm"),
        area_mm2=curve("area_mm2") if rows[0]["area_mm2"] else None,
        start=_end(record["start"]),
        end=_end(record["end"]),
        measures=_measures(record),
    )


def _measures(record: Mapping[str, Any]) -> Measures:
    """Read figures; one that was infinite is kept as null, and NaN here."""
    known: dict[str, Any] = {}
    for field in dataclasses.fields(Measures):
        value = record[field.name]
        known[field.name] = _interval(value) if isinstance(value, dict) else value
    return Measures(**known)


def _interval(ends: Mapping[str, float | None]) -> Interval:
    return Interval(*(np.nan if (x := ends[k]) is None else x for k in ("value", "low", "high")))


def _end(text: str) -> End:
    kind, _, number = text.partition(" ")
    return End(kind, int(number) if number else -1)  # type: ignore[arg-type]


def _with_doubts(record: Mapping[str, Any], *, has_scan: bool) -> dict[str, Any]:
    """Tell of a scan that is not shown."""
    unseen = "the scan is not shown: the grey image is the probability of lumen; give --scan"
    return {**record, "warnings": [*record["warnings"], *([] if has_scan else [unseen])]}


def _on_grid(path: Path, grid: Volume, what: str) -> Volume:
    volume = io.read(path)
    if volume.shape == grid.shape and not volume.placed:
        return grid.like(volume.values)
    if not volume.same_grid(grid):
        raise InputError(
            f"{path.name} is on a grid of {volume.shape}, the case on one of {grid.shape}"
            + ("" if volume.shape != grid.shape else " elsewhere"),
            f"the {what} must be that of this case",
            f"give that {what}",
        )
    return volume
