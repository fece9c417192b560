"""How a run learned, epoch by epoch, as charts; separate because it shows no scan."""

import math
from collections.abc import Sequence
from typing import Any

from lumenfield.report.figures import BARS, INK, TRUTH, WALL, Entry, add_legend, add_panel, blank
from lumenfield.training import EpochRecord

__all__ = ["draw_curves"]

_ENTRIES: list[Entry] = [
    ("score of each epoch", TRUTH, "solid"),
    ("best so far", WALL, "--"),
    ("rate was cut", INK, ":"),
]


def draw_curves(records: Sequence[EpochRecord]) -> Any:
    """Plot score, loss and learning rate over the steps; new bests and cuts are marked."""
    figure = blank(9.6, 5.0)
    _chart_score(add_panel(figure, 0.65, 0.3, 8.7, 2.0), records)
    _chart_log(add_panel(figure, 0.65, 2.85, 4.0, 1.3), records, "loss", "Loss, mean of the epoch")
    _chart_log(add_panel(figure, 5.35, 2.85, 4.0, 1.3), records, "learning_rate", "Learning rate")
    add_legend(figure, _ENTRIES)
    return figure


def _chart_score(axes: Any, records: Sequence[EpochRecord]) -> None:
    steps = [record.step for record in records]
    axes.plot(steps, [r.score for r in records], color=TRUTH, lw=1.3)
    axes.plot(steps, [r.best for r in records], color=WALL, lw=1.5, ls="--")
    better = [record for record in records if record.verdict == "improved"]
    axes.plot([r.step for r in better], [r.score for r in better], "o", color=WALL, ms=3.5)
    if better:
        last = better[-1]
        axes.annotate(
            f"{last.score:.3f}, epoch {last.epoch}",
            (last.step, last.score),
            xytext=(0, 6),
            textcoords="offset points",
            ha="right" if last.step > 0.5 * steps[-1] else "left",
            fontsize=8.5,
        )
    _mark_cuts(axes, records)
    shown = [r.score for r in records if math.isfinite(r.score)] or [0.0]
    axes.set_ylim(max(0.0, min(shown) - 0.03), max(shown) + 0.12 * (max(shown) - min(shown)) + 0.02)
    _dress(axes, "Score: mean Dice over the validation scans", steps)


def _chart_log(axes: Any, records: Sequence[EpochRecord], name: str, title: str) -> None:
    """Plot one figure of the records, on a scale of powers of ten if it allows one."""
    steps = [record.step for record in records]
    values = [float(getattr(record, name)) for record in records]
    axes.plot(steps, values, color=BARS, lw=1.4, marker="o" if len(steps) == 1 else None, ms=3.5)
    above_zero = [v for v in values if v > 0 and math.isfinite(v)]
    if above_zero and len(above_zero) == len([v for v in values if math.isfinite(v)]):
        axes.set_yscale("log" if max(above_zero) > 4 * min(above_zero) else "linear")
    _mark_cuts(axes, records)
    _dress(axes, title, steps)


def _mark_cuts(axes: Any, records: Sequence[EpochRecord]) -> None:
    for record in records:
        if record.verdict == "cut":
            axes.axvline(record.step, color=INK, lw=0.8, ls=":")


def _dress(axes: Any, title: str, steps: Sequence[int]) -> None:
    axes.set_xlim(0, 1.02 * steps[-1])
    axes.set_title(title, pad=5)
    axes.set_xlabel("steps", labelpad=2)
    axes.tick_params(length=2.5, width=0.6, pad=2, labelsize=8)
