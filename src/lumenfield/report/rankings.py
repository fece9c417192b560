"""Networks and losses of one grid side by side, as dots; separate because it shows no scan."""

from collections.abc import Sequence
from typing import Any

from lumenfield.report.figures import BARS, INITIAL, INK, TRUTH, WALL, add_panel, blank
from lumenfield.report.study_cell import StudyCell

__all__ = ["draw_rankings"]

_MARKS = ((WALL, "o"), (TRUTH, "s"), (INITIAL, "^"), (INK, "D"), (BARS, "v"), (WALL, "x"))
"""Shape and colour of each network, the first six."""

_STEP = 0.13


def draw_rankings(cells: Sequence[StudyCell], networks: Sequence[str]) -> Any:
    """Plot IoU and the wall's rms error of each cell: a line a loss, a mark a network.

    Args:
        networks: in the order of their marks, so that several charts share them.
    """
    losses = list(dict.fromkeys(cell.loss for cell in cells))
    height = 0.2 + 0.15 * len(networks) * len(losses) + 0.12 * len(losses)
    figure = blank(9.6, height + 1.15)
    for figure_name, title, left in (("iou", "IoU", 2.35), ("rms_voxels", _RMS, 6.1)):
        axes = add_panel(figure, left, 0.3, 3.3, height)
        for cell in cells:
            network, line = networks.index(cell.network), losses.index(cell.loss)
            middle = (len(networks) - 1) / 2
            _dot(axes, cell, figure_name, line + _STEP * (network - middle), network)
        _dress(axes, title, losses if figure_name == "iou" else [""] * len(losses))
    _name_networks(figure, networks)
    return figure


def _dot(axes: Any, cell: StudyCell, name: str, height: float, network: int) -> None:
    colour, mark = _MARKS[network % len(_MARKS)]
    spread = cell.spread(name)
    axes.errorbar(
        [cell.mean(name)], [height], xerr=[spread] if spread else None, fmt=mark, color=colour,
        ms=5, lw=1.2, mfc="none" if network % 2 else colour,
    )  # fmt: skip


def _dress(axes: Any, title: str, losses: Sequence[str]) -> None:
    axes.set_yticks(range(len(losses)), losses)
    axes.set_ylim(len(losses) - 0.5, -0.5)
    for line in range(1, len(losses)):
        axes.axhline(line - 0.5, color=INK, lw=0.3, alpha=0.4)
    axes.set_title(title, pad=5)
    axes.locator_params(axis="x", nbins=6)
    axes.tick_params(length=2.5, width=0.6, pad=2, labelsize=8.5)


def _name_networks(figure: Any, networks: Sequence[str]) -> None:
    from matplotlib.lines import Line2D

    handles = []
    for number, name in enumerate(networks):
        colour, mark = _MARKS[number % len(_MARKS)]
        face = "none" if number % 2 else colour
        handles.append(Line2D([], [], color=colour, marker=mark, ls="", ms=5, mfc=face, label=name))
    figure.legend(handles=handles, loc="lower center", ncols=len(handles), fontsize=9)


_RMS = "Wall error, rms (voxels)"
