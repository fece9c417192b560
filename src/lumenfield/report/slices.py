"""Pictures of the scan itself: overview, slices, projections; separate as all are grey panels."""

from typing import Any

import numpy as np

from lumenfield.report.cuts import INDEX, Cut, across, close_up, orthogonal, place_with_most
from lumenfield.report.figures import (
    BAND,
    INITIAL,
    TRUTH,
    WALL,
    Entry,
    add_legend,
    add_panel,
    blank,
)
from lumenfield.report.panels import (
    TRUTH_DASH,
    add_band_edges,
    add_initial,
    add_letters,
    add_scale_bar,
    outline,
    paint,
    show_grey,
)
from lumenfield.report.scene import Scene

__all__ = ["draw_overview", "draw_projections", "draw_slices"]

_WIDTH = 9.6
"""Inches; a page of 1000 pixels shows letters at their own size."""


def draw_overview(scene: Scene) -> Any:
    """Show the planes through the place with most lumen, and the least certain wall close up."""
    cuts = orthogonal(scene.scan.shape, place_with_most(scene.shown_lumen))
    close, place = close_up(scene) if len(scene.wall.faces) else (None, ())
    shown = cuts if close is None else (*cuts, close)
    figure, panels = _sheet(
        shown, scene, n_columns=3 if len(shown) == 3 else 2, labels=0.45, foot=0.35
    )
    for axes, cut in zip(panels, cuts, strict=False):
        paint(axes, scene, cut)
        add_letters(axes, scene, cut)
    add_scale_bar(panels[0])
    if close is not None:
        _draw_close_up(panels[-1], scene, close, place)
    add_legend(figure, _entries(scene))
    return figure


def draw_slices(scene: Scene) -> Any:
    """Show ten slices across a 3-D lumen, each as close as the largest section allows."""
    cuts = across(scene.shown_lumen, scene.spacing)
    figure, panels = _sheet(cuts, scene, n_columns=5, labels=0.12)
    for axes, cut in zip(panels, cuts, strict=True):
        paint(axes, scene, cut, width=1.4)
        axes.set_xticks([])
        axes.set_yticks([])
    add_letters(panels[0], scene, cuts[0])
    add_scale_bar(panels[0])
    return figure


def draw_projections(scene: Scene) -> Any:
    """Show the brightest (for a dark lumen the darkest) value along each axis of a 3-D scan."""
    cuts = orthogonal(scene.scan.shape, place_with_most(scene.shown_lumen))
    figure, panels = _sheet(cuts, scene, n_columns=3, labels=0.45)
    for axes, cut in zip(panels, cuts, strict=True):
        _project(axes, scene, cut)
    add_scale_bar(panels[0])
    return figure


def _project(axes: Any, scene: Scene, cut: Cut) -> None:
    normal = next(a for a in range(3) if a not in (cut.horizontal, cut.vertical))
    values, box = scene.scan.values, cut.box(scene.spacing)
    seen = values.max(axis=normal) if scene.is_bright else values.min(axis=normal)
    low, high = (float(p) for p in np.nanpercentile(seen, (0.5, 99.5)))
    show_grey(axes, seen.T, box, (low, high if high > low else low + 1))
    x, y = (cut.centres(a, scene.spacing) for a in (cut.horizontal, cut.vertical))
    nearest = scene.prediction.distance.values.min(axis=normal).T
    outline(axes, x, y, nearest, box, color=WALL, width=1.4)
    if scene.truth is not None:
        true = scene.truth.values.min(axis=normal).T
        outline(axes, x, y, true, box, color=TRUTH, width=1.1, dash=TRUTH_DASH)
    letter = f" ({scene.letters[normal]})" if scene.scan.placed else ""
    axes.set_title(f"along {INDEX[normal]}{letter}", pad=3)
    axes.tick_params(length=2.5, width=0.6, pad=2, labelsize=8)
    add_letters(axes, scene, cut)


def _draw_close_up(axes: Any, scene: Scene, cut: Cut, place: tuple[int, ...]) -> None:
    paint(axes, scene, cut, width=2.0)
    add_band_edges(axes, scene, cut)
    add_initial(axes, scene, cut)
    add_letters(axes, scene, cut)
    where = ", ".join(f"{name} = {index}" for name, index in zip(INDEX, place, strict=False))
    axes.set_title(f"least certain wall: {where}", pad=3)
    add_scale_bar(axes)


def _sheet(
    cuts: tuple[Cut, ...], scene: Scene, *, n_columns: int, labels: float, foot: float = 0.0
) -> tuple[Any, list[Any]]:
    """Make a figure whose rows are about as tall as their cuts need.

    Args:
        labels: inches that axis labels take of each panel.
        foot: inches to leave below, for a legend.
    """
    boxes = [cut.box(scene.spacing) for cut in cuts]
    tall = [(top - bottom) / (right - left) for left, right, bottom, top in boxes]
    rows = [max(tall[n : n + n_columns]) for n in range(0, len(cuts), n_columns)]
    cell = (_WIDTH - 0.3) / n_columns
    width = cell - labels
    heights = [width * float(np.clip(row, 0.15, 1.3)) for row in rows]
    tops = np.cumsum([0.25] + [height + 0.3 + labels for height in heights])
    figure = blank(_WIDTH, tops[-1] - 0.25 + foot)
    panels = [
        add_panel(figure, 0.3 + labels / 2 + column * cell, tops[row], width, heights[row])
        for row, column in (divmod(n, n_columns) for n in range(len(cuts)))
    ]
    return figure, panels


def _entries(scene: Scene) -> list[Entry]:
    entries: list[Entry] = []
    if len(scene.wall.faces):
        entries += [("wall", WALL, "solid"), ("95 % band of the wall", BAND, "band")]
    if scene.truth is not None:
        entries.append(("true wall", TRUTH, "--"))
    if scene.initial is not None and len(scene.wall.faces):
        entries.append(("before refinement (close-up)", INITIAL, ":"))
    return entries
