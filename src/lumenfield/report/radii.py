"""The radius along every branch, with its interval; separate because it shows no grid."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lumenfield.report.figures import BAND, INK, TRUTH, WALL, Entry, add_legend, add_panel, blank
from lumenfield.vessels import Branch

__all__ = ["draw_radii", "drawn_branches"]

_MOST = 12
_STUB = 2.0
"""Mean diameters below which a branch has no course to plot; its figures are in the table."""

_TOLD = 0.1
"""Narrowing from which its place is marked."""

_ENTRIES: list[Entry] = [
    ("radius", WALL, "solid"),
    ("95 % interval", BAND, "band"),
    ("expected of its neighbourhood", TRUTH, "--"),
    ("centreline to nearest wall", INK, ":"),
]


def drawn_branches(branches: Sequence[Branch]) -> dict[int, Branch]:
    """Choose the branches to draw by their numbers: the twelve longest that are no stubs."""
    long = {
        number: branch
        for number, branch in enumerate(branches)
        if branch.measures.length_mm >= _STUB * branch.measures.mean_diameter_mm.value
    }
    return dict(list(long.items())[:_MOST])


def draw_radii(shown: Mapping[int, Branch]) -> Any:
    """Plot the radius of branches along their centrelines, mm, all to one height."""
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    figure = blank(9.6, 2.0 * rows + 0.4)
    cell = 9.6 / columns
    top = 1.1 * max(float(np.quantile(branch.radius_high_mm, 0.98)) for branch in shown.values())
    for place, (number, branch) in enumerate(shown.items()):
        row, column = divmod(place, columns)
        axes = add_panel(figure, column * cell + 0.5, 2.0 * row + 0.25, cell - 0.7, 1.3)
        _plot(axes, branch, number, top)
    add_legend(figure, _ENTRIES)
    return figure


def _plot(axes: Any, branch: Branch, number: int, top: float) -> None:
    arc, measures = branch.arc_mm, branch.measures
    axes.fill_between(
        arc, branch.radius_low_mm, branch.radius_high_mm, color=BAND, alpha=0.5, linewidth=0
    )
    axes.plot(arc, branch.least_mm, color=INK, lw=0.9, ls=":")
    axes.plot(arc, branch.reference_mm, color=TRUTH, lw=1.2, ls="--")
    axes.plot(arc, branch.radius_mm, color=WALL, lw=1.7)
    if measures.stenosis.value >= _TOLD:
        _mark(axes, branch, int(np.abs(arc - measures.stenosis_at_mm).argmin()))
    axes.set_xlim(0, float(arc[-1]))
    axes.set_ylim(0, top)
    axes.set_title(f"branch {number}: {branch.start.kind} → {branch.end.kind}", pad=4)
    axes.set_xlabel("along the centreline (mm)", labelpad=2)
    axes.set_ylabel("radius (mm)", labelpad=2)
    axes.tick_params(length=2.5, width=0.6, pad=2, labelsize=8)


def _mark(axes: Any, branch: Branch, station: int) -> None:
    """Say how much the branch is narrowed where it is narrowed most."""
    arc = float(branch.arc_mm[station])
    above = max(float(branch.reference_mm[station]), float(branch.radius_high_mm[station]))
    axes.plot([arc], [branch.radius_mm[station]], "v", color=INK, ms=5)
    axes.annotate(
        f"−{100 * branch.measures.stenosis.value:.0f} %",
        (arc, above),
        xytext=(0, 4),
        textcoords="offset points",
        ha="left" if arc < 0.1 * branch.arc_mm[-1] else "center",
        fontsize=8.5,
    )
