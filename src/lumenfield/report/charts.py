"""How sure and how right the wall is, as charts; separate because they show no scan."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.evaluation.intervals import LEVELS, intervals
from lumenfield.evaluation.undefined import Undefined
from lumenfield.evaluation.wall import WallErrors
from lumenfield.report.figures import BARS, INITIAL, INK, TRUTH, WALL, add_panel, blank
from lumenfield.report.scene import Scene

__all__ = ["coverage", "draw_certainty"]

Array = NDArray[np.float64]


def draw_certainty(scene: Scene) -> Any:
    """Chart the spread over the wall; with a truth also the error and the honesty of the spread."""
    charts: list[Callable[[Any, Scene], None]] = []
    if len(scene.wall.faces):
        charts.append(_chart_spread)
    if scene.errors is not None:
        charts += [_chart_error, _chart_coverage]
    elif charts:
        if scene.initial is not None:
            charts.append(_chart_shift)
        charts.append(_chart_knowledge)
    figure = blank(9.6, 3.2)
    cell = 9.6 / max(2, len(charts))
    for n, chart in enumerate(charts):
        chart(add_panel(figure, n * cell + 0.55, 0.3, cell - 0.7, 2.4), scene)
    return figure


def coverage(scene: Scene) -> dict[int, float]:
    """Give the percent of the wall whose truth lies within the interval of each nominal percent.

    A missed part of the true wall is not covered. Empty if the truth is unknown.
    """
    if scene.errors is None:
        return {}
    spread = np.asarray(scene.prediction.spread.values, dtype=np.float32)
    try:
        held = intervals(scene.errors, spread, scene.spacing).coverage
    except Undefined:
        return {int(percent): 0.0 for percent in LEVELS}
    return {int(percent): 100 * share for percent, share in held.items()}


def _chart_spread(axes: Any, scene: Scene) -> None:
    spread = scene.wall_spread / scene.voxel
    top = 1.2 * scene.spread_percentile(99.5) / scene.voxel
    _bars(axes, np.minimum(spread, top), scene.wall.weights, (0.0, max(top, 0.02)))
    for percent, dash in ((50.0, "solid"), (95.0, "dashed")):
        place = scene.spread_percentile(percent) / scene.voxel
        _mark(axes, place, f"{'median' if percent == 50 else '95 %'}  {place:.2f}", dash, percent)
    _title(axes, "Spread of the wall", f"σ (voxels of {scene.voxel:.3g} mm)")


def _chart_error(axes: Any, scene: Scene) -> None:
    wall = scene.errors
    assert wall is not None
    both = [w.errors for w in (wall, scene.initial_errors) if w is not None]
    reach = float(np.clip(1.1 * np.percentile(np.abs(np.concatenate(both)), 99), 0.1, 3.0))
    _bars(axes, wall.errors, wall.weights, (-reach, reach))
    if scene.initial_errors is not None:
        _steps(axes, scene.initial_errors, reach)
    mean, rms = _mean_rms(wall)
    axes.axvline(0, color=INK, lw=0.7)
    axes.axvline(mean, color=WALL, lw=1.6)
    lines = [f"mean {mean:+.3f}".replace("-", "−"), f"rms {rms:.3f}"]
    missed = 100 * float(np.average(wall.missed, weights=wall.weights))
    if missed > 0:
        lines.append(f"missed {missed:.1f} %")
    axes.text(0.03, 0.97, "\n".join(lines), transform=axes.transAxes, va="top", fontsize=8.5)
    _title(axes, "Signed error on the wall", "inside  ←  error (voxels)  →  outside")


def _chart_shift(axes: Any, scene: Scene) -> None:
    assert scene.initial is not None
    shift = scene.at(scene.initial, scene.wall.points) / scene.voxel
    reach = float(np.clip(1.1 * np.percentile(np.abs(shift), 99.5), 0.1, 3.0))
    _bars(axes, shift, scene.wall.weights, (-reach, reach))
    rms = float(np.sqrt(np.average(shift**2, weights=scene.wall.weights)))
    axes.axvline(0, color=INK, lw=0.7)
    axes.text(0.03, 0.97, f"rms {rms:.3f}", transform=axes.transAxes, va="top", fontsize=8.5)
    _title(axes, "Moved by the refinement", "inwards  ←  shift (voxels)  →  outwards")


def _chart_knowledge(axes: Any, scene: Scene) -> None:
    """Show what the wall's error may be, before and after this scan was asked."""
    before = max(scene.prediction.field.spread_mm / scene.voxel, 1e-3)
    after = max(scene.spread_percentile(50.0) / scene.voxel, 1e-3)
    error = np.linspace(-3 * before, 3 * before, 301)
    for sigma, colour, dash, name in (
        (before, INITIAL, (0, (1, 1)), "start"),
        (after, WALL, "solid", "result"),
    ):
        density = np.exp(-0.5 * (error / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
        axes.plot(error, density, color=colour, lw=1.6, ls=dash, label=f"{name}  σ {sigma:.2f}")
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
    axes.legend(loc="upper left", fontsize=8.5, borderpad=0.1)
    _title(axes, "Known before and after", "error of the wall (voxels)")
    axes.set_ylabel("density")


def _chart_coverage(axes: Any, scene: Scene) -> None:
    found = coverage(scene)
    axes.plot([0, 100], [0, 100], color=INK, lw=0.8, ls="dashed")
    axes.plot(list(found), list(found.values()), "o-", color=TRUTH, lw=1.4, ms=5)
    for nominal, seen in found.items():
        last = nominal == max(found)
        axes.annotate(
            f"{seen:.0f}",
            (nominal, seen),
            xytext=(5, -4) if last and seen > 15 else (6, 4) if last else (-4, 4),
            textcoords="offset points",
            ha="left" if last else "right",
            va="top" if last and seen > 15 else "bottom",
            fontsize=8.5,
        )
    axes.set_xlim(40, 104)
    axes.set_ylim(0, 112)
    axes.set_yticks(range(0, 101, 20))
    axes.set_xticks(list(found))
    _title(axes, "Is the spread honest?", "interval (%)")
    axes.set_ylabel("holds the truth (% of wall)")


def _bars(axes: Any, values: Array, weights: Array, limits: tuple[float, float]) -> None:
    """Draw the share of wall area a bin; what lies beyond the limits is in the outermost bins."""
    counts, edges = np.histogram(np.clip(values, *limits), 36, limits, weights=weights)
    axes.stairs(100 * counts / weights.sum(), edges, fill=True, color=BARS)
    axes.set_xlim(*limits)
    axes.set_ylabel("% of wall area")
    axes.set_ylim(0, 1.4 * max(axes.get_ylim()[1], 1))


def _steps(axes: Any, wall: WallErrors, reach: float) -> None:
    inside = np.clip(wall.errors, -reach, reach)
    counts, edges = np.histogram(inside, 36, (-reach, reach), weights=wall.weights)
    axes.stairs(100 * counts / wall.weights.sum(), edges, color=INITIAL, lw=1.2, ls=(0, (1, 1)))
    rms = _mean_rms(wall)[1]
    axes.text(
        0.97,
        0.97,
        f"before\nrefinement\nrms {rms:.3f}",
        transform=axes.transAxes,
        ha="right",
        va="top",
        color=INITIAL,
        fontsize=8.5,
    )


def _mark(axes: Any, place: float, label: str, dash: str, percent: float) -> None:
    axes.axvline(place, color=WALL, lw=1.4, ls=dash)
    height = 0.98 if percent == 50 else 0.88
    left = place < 0.45 * axes.get_xlim()[1]
    axes.annotate(
        label,
        (place, height),
        xycoords=("data", "axes fraction"),
        xytext=(4 if left else -4, 0),
        textcoords="offset points",
        ha="left" if left else "right",
        va="top",
        fontsize=8.5,
    )


def _mean_rms(wall: WallErrors) -> tuple[float, float]:
    mean = np.average(wall.errors, weights=wall.weights)
    return float(mean), float(np.sqrt(np.average(wall.errors**2, weights=wall.weights)))


def _title(axes: Any, title: str, below: str) -> None:
    axes.set_title(title, pad=5)
    axes.set_xlabel(below)
    axes.tick_params(length=2.5, width=0.6, pad=2, labelsize=8)
