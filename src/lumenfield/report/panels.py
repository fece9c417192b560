"""One panel: a cut of the scan with its wall, band and scale; separate so that all look alike."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.report.cuts import INDEX, Cut
from lumenfield.report.figures import BAND, INITIAL, TRUTH, WALL, halo
from lumenfield.report.scene import Scene

__all__ = [
    "TRUTH_DASH",
    "add_band_edges",
    "add_initial",
    "add_letters",
    "add_scale_bar",
    "outline",
    "paint",
    "show_grey",
]

_NICE_MM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)

TRUTH_DASH = (0, (4, 4))
"""Gaps as long as dashes: where truth and wall agree, both are seen."""

BAND_EDGE = "#2a2000"

_TINY_MM = 1e-6
"""A spread of nothing would divide by nothing."""


def paint(axes: Any, scene: Scene, cut: Cut, *, width: float = 1.7) -> None:
    """Draw the scan, the 95 % band, the wall, and the truth where it is known.

    The band is |φ| ≤ 1.96 σ, drawn where φ/σ passes ±1.96, so that it may be thinner than a voxel.
    """
    box, spacing = cut.box(scene.spacing), scene.spacing
    show_grey(axes, cut.of(scene.scan.values), box, scene.window)
    x, y = cut.centres(cut.horizontal, spacing), cut.centres(cut.vertical, spacing)
    distance = cut.of(scene.prediction.distance.values)
    axes.contourf(
        *_wide(x, y, _ratio(scene, cut), box), levels=[-1.96, 1.96], colors=BAND, alpha=0.5
    )
    outline(axes, x, y, distance, box, color=WALL, width=width)
    if scene.truth is not None:
        true = cut.of(scene.truth.values)
        outline(axes, x, y, true, box, color=TRUTH, width=0.75 * width, dash=TRUTH_DASH)
    _frame(axes, cut, box)


def show_grey(
    axes: Any,
    values: NDArray[Any],
    box: tuple[float, float, float, float],
    window: tuple[float, float],
) -> None:
    """Show values as grey voxels, in mm."""
    low, high = window
    grey = np.clip((values.astype(np.float64) - low) / (high - low), 0, 1) * 255
    axes.imshow(
        np.nan_to_num(grey).astype(np.uint8),
        cmap="gray",
        vmin=0,
        vmax=255,
        extent=box,
        origin="lower",
        interpolation="none",
        aspect="equal",
    )


def outline(
    axes: Any,
    x: NDArray[Any],
    y: NDArray[Any],
    level: NDArray[Any],
    box: tuple[float, float, float, float],
    *,
    color: str,
    width: float,
    dash: Any = "solid",
) -> None:
    """Trace the zero of a level as a line with a white rim; nothing if it has none."""
    if not level.min() < 0 < level.max():
        return
    lines = axes.contour(
        *_wide(x, y, level, box), levels=[0], colors=color, linewidths=width, linestyles=[dash]
    )
    lines.set(path_effects=halo(width + (1.1 if dash == "solid" else 0.8)))


def add_initial(axes: Any, scene: Scene, cut: Cut) -> None:
    """Trace the network's own wall, before refinement, where it is known."""
    if scene.initial is not None:
        box, level = cut.box(scene.spacing), cut.of(scene.initial.values)
        x, y = (cut.centres(a, scene.spacing) for a in (cut.horizontal, cut.vertical))
        outline(axes, x, y, level, box, color=INITIAL, width=1.3, dash=(0, (1, 1.2)))


def add_band_edges(axes: Any, scene: Scene, cut: Cut) -> None:
    """Dot the edges of the 95 % band, whose tint alone is lost in print without colours."""
    box = cut.box(scene.spacing)
    x, y = (cut.centres(a, scene.spacing) for a in (cut.horizontal, cut.vertical))
    ratio = _ratio(scene, cut)
    if seen := [edge for edge in (-1.96, 1.96) if ratio.min() < edge < ratio.max()]:
        axes.contour(
            *_wide(x, y, ratio, box),
            levels=seen,
            colors=BAND_EDGE,
            linewidths=0.9,
            linestyles=[(0, (1, 2))],
        )


def add_letters(axes: Any, scene: Scene, cut: Cut) -> None:
    """Say along both sides which array axis it is and which way of the body it points."""
    h, v = cut.horizontal, cut.vertical
    across, along = (
        f"{INDEX[a]} → {scene.letters[a]}" if scene.scan.placed else INDEX[a] for a in (h, v)
    )
    if cut.downward:
        # The letters run upwards, the axis does not.
        along = f"{scene.letters[v]} ← {INDEX[v]}".lstrip()
    axes.set_xlabel(f"{across}  (mm)", labelpad=2)
    axes.set_ylabel(f"{along}  (mm)", labelpad=2)


def add_scale_bar(axes: Any, *, colour: str = "white", rim: str = "black") -> None:
    """Draw a bar of a round number of mm, about a quarter of the width, in the lower left."""
    left, right = axes.get_xlim()
    length = max((n for n in _NICE_MM if n <= 0.32 * (right - left)), default=_NICE_MM[0])
    ends = (0.05, 0.05 + length / (right - left))
    axes.plot(
        ends,
        (0.05, 0.05),
        color=colour,
        lw=2,
        transform=axes.transAxes,
        path_effects=halo(3.4, rim),
        clip_on=False,
    )
    axes.annotate(
        f"{length:g} mm",
        xy=(ends[0], 0.05),
        xytext=(0, 6),
        xycoords="axes fraction",
        textcoords="offset points",
        color=colour,
        fontsize=8,
        bbox={"facecolor": rim, "alpha": 0.6, "linewidth": 0, "pad": 1.2},
    )


def _ratio(scene: Scene, cut: Cut) -> NDArray[Any]:
    """φ/σ, which is within ±1.96 where the wall is, 95 times in 100."""
    spread = np.maximum(cut.of(scene.prediction.spread.values), _TINY_MM)
    return np.asarray(cut.of(scene.prediction.distance.values) / spread)


def _frame(axes: Any, cut: Cut, box: tuple[float, float, float, float]) -> None:
    axes.set_xlim(box[0], box[1])
    axes.set_ylim(*((box[3], box[2]) if cut.downward else (box[2], box[3])))
    axes.set_title(cut.title, pad=3)
    # Short numbers: those of a close-up would push its label into the next panel.
    axes.locator_params(nbins=5, steps=[1, 2, 5, 10])
    axes.tick_params(length=2.5, width=0.6, pad=2, labelsize=8)


def _wide(
    x: NDArray[Any], y: NDArray[Any], level: NDArray[Any], box: tuple[float, float, float, float]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Continue the outermost voxels to their faces, so that lines reach the picture's edge."""
    return (
        np.concatenate([[box[0]], x, [box[1]]]),
        np.concatenate([[box[2]], y, [box[3]]]),
        np.pad(level, 1, mode="edge"),
    )
