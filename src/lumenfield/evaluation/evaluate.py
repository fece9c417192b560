"""Scores of whole cases and their means; separate because it knows volumes, names and JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.config import to_mapping
from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.evaluation.baselines import BASELINES, missing_extras
from lumenfield.evaluation.bootstrap import mean_interval
from lumenfield.evaluation.details import Details, measure_details
from lumenfield.evaluation.level import Kind, Level, check_is_distance, level_of
from lumenfield.evaluation.metrics import METRICS, Pair, Scores, measure

__all__ = [
    "CaseScores",
    "Summary",
    "evaluate_baselines",
    "evaluate_case",
    "summarise",
    "table",
]


@dataclass(frozen=True)
class CaseScores:
    """The scores of one case, and what stands behind them if that was asked for."""

    name: str
    scores: Scores
    details: Details | None = None


@dataclass(frozen=True)
class Summary:
    """All cases, their mean, and where the mean of other such cases would lie.

    Args:
        intervals: metric → 95 % interval of the mean; only metrics that two cases define.
    """

    cases: tuple[CaseScores, ...]
    mean: Scores
    intervals: Mapping[str, tuple[float, float]]

    def to_json(self) -> dict[str, Any]:
        """Give plain values for `json.dumps`: `cases`, `mean` and `n`, with more beside them.

        `reasons` is `{"cases": {name: {metric: why}}, "mean": {metric: why}}`, `intervals`
        `{metric: [low, high]}`, and `details` `{name: …}` for the cases that have them.
        """
        why = {case.name: dict(case.scores.reasons) for case in self.cases if case.scores.reasons}
        return {
            "cases": [{"name": case.name, **_figures(case.scores)} for case in self.cases],
            "mean": _figures(self.mean),
            "n": len(self.cases),
            "intervals": {name: list(ends) for name, ends in self.intervals.items()},
            "details": {c.name: to_mapping(c.details) for c in self.cases if c.details},
            "reasons": {"cases": why, "mean": dict(self.mean.reasons)},
        }


def evaluate_case(
    name: str,
    prediction: Volume,
    truth: Volume,
    *,
    spread: Volume | None = None,
    prediction_kind: Kind = "auto",
    truth_kind: Kind = "auto",
    details: bool = False,
) -> CaseScores:
    """Score one prediction against its truth, each a mask, a probability or a signed distance.

    Args:
        spread: σ_n, mm, on the same grid; `coverage95` is undefined without it.
        prediction_kind, truth_kind: what they are, where the values alone do not tell.
        details: also measure what stands behind the scores.

    Raises:
        InputError: the grids differ, a value is not finite, the values are of no known kind, or a
            distance is not in mm.
    """
    _refuse_other_grid("prediction", prediction, truth)
    predicted = _level(prediction, f"{name}: prediction", prediction_kind)
    true = _level(truth, f"{name}: truth", truth_kind)
    pair = Pair(predicted, true, truth.spacing, _spread_values(name, spread, truth))
    return CaseScores(name, measure(pair), measure_details(pair) if details else None)


def evaluate_baselines(scan: Volume, truth: Volume) -> tuple[CaseScores, ...]:
    """Score every rival of `BASELINES` that can run here on a scan against its truth.

    Raises:
        InputError: as `evaluate_case`.
    """
    _refuse_other_grid("scan", scan, truth)
    missing = missing_extras()
    return tuple(
        evaluate_case(name, scan.like(baseline(scan.values, scan.spacing)), truth)
        for name, baseline in BASELINES.items()
        if name not in missing
    )


def summarise(cases: Sequence[CaseScores]) -> Summary:
    """Average each metric over the cases that define it; the mean's reasons count the others.

    A missed vessel has a value, its worst case, so it is in every mean.

    Raises:
        InputError: no cases, or two of one name.
    """
    names = [case.name for case in cases]
    if not names or len(set(names)) < len(names):
        twice = ", ".join(sorted({n for n in names if names.count(n) > 1}))
        came = f"cases named twice: {twice}" if twice else "there are no cases"
        raise InputError(came, "a summary needs one or more, each with its own name", "check them")
    means: dict[str, float | None] = {}
    ends: dict[str, tuple[float, float]] = {}
    reasons: dict[str, str] = {}
    for metric in METRICS:
        found = [v for case in cases if (v := case.scores.figure(metric)) is not None]
        means[metric] = float(np.mean(found)) if found else None
        if (interval := mean_interval(found)) is not None:
            ends[metric] = interval
        if len(found) < len(cases):
            reasons[metric] = f"undefined in {len(cases) - len(found)} of {len(cases)} cases"
    return Summary(tuple(cases), Scores(**means, reasons=reasons), ends)


def table(cases: Sequence[CaseScores], *, mean: bool = True) -> str:
    """Lay cases out as aligned text, one a line; below several, their mean and its interval.

    Undefined figures are shown as a dash.

    Args:
        mean: false for rows that are alternatives, whose mean would mean nothing.

    Raises:
        InputError: as `summarise`.
    """
    summary = summarise(cases)
    heads = [name.rpartition("_") for name in METRICS]
    rows = [["", *(first or last for first, _, last in heads)]]
    rows.append(["case", *(last if first else "" for first, _, last in heads)])
    rows += [[case.name, *_cells(case.scores)] for case in cases]
    if mean and len(cases) > 1:
        rows.append(["mean", *_cells(summary.mean)])
        for place, name in enumerate(("95 % from", "95 % to")):
            ends = [summary.intervals.get(metric) for metric in METRICS]
            rows.append([name, *("–" if e is None else f"{e[place]:.3f}" for e in ends)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: list[str], widths: list[int]) -> str:
    figures = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return "  ".join([row[0].ljust(widths[0]), *figures]).rstrip()


def _cells(scores: Scores) -> list[str]:
    return ["–" if v is None else f"{v:.3f}" for v in _figures(scores).values()]


def _figures(scores: Scores) -> dict[str, float | None]:
    return {metric: scores.figure(metric) for metric in METRICS}


def _level(volume: Volume, what: str, kind: Kind) -> Level:
    level = level_of(volume.values, what=what, kind=kind)
    check_is_distance(level, volume.spacing, what)
    return level


def _spread_values(name: str, spread: Volume | None, truth: Volume) -> NDArray[np.float32] | None:
    if spread is None:
        return None
    _refuse_other_grid("spread", spread, truth)
    if not bool(np.isfinite(spread.values).all()) or spread.values.min() < 0:
        raise InputError(
            f"{name}: spread has values that are negative, NaN or infinite",
            "a spread is a standard deviation in mm",
            "check that this file is the spread",
        )
    return spread.values.astype(np.float32)


def _refuse_other_grid(what: str, volume: Volume, truth: Volume) -> None:
    if volume.same_grid(truth):
        return
    raise InputError(
        f"{what} is {_grid_text(volume)} and truth is {_grid_text(truth)}",
        "scores need one grid: the same shape and affine",
        f"resample the {what} to the truth's grid",
    )


def _grid_text(volume: Volume) -> str:
    size = "×".join(map(str, volume.shape))
    edges = "×".join(f"{s:.4g}" for s in volume.spacing)
    origin = ", ".join(f"{x:.4g}" for x in volume.affine[:3, 3])
    return f"{size} voxels of {edges} mm from ({origin})"
