"""What is told of a study: every network, grid and loss compared, and the seed's figures beside."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lumenfield.errors import InputError
from lumenfield.report import markup
from lumenfield.report.figures import style, to_svg
from lumenfield.report.page import write_page
from lumenfield.report.rankings import draw_rankings
from lumenfield.report.scene import Picture
from lumenfield.report.seed_figures import SEED_FIGURES, SeedFigure
from lumenfield.report.study_cell import FIGURES, StudyCell

__all__ = ["StudyReport", "write_study_report"]


@dataclass(frozen=True)
class StudyReport:
    """What a page tells of a study.

    Args:
        cells: at least one, each network, grid and loss once.
        doubts: what is missing.
        strips: grid → pictures of what its networks found, as PNG with the name of each.

    Raises:
        InputError: no cell.
    """

    name: str
    cells: tuple[StudyCell, ...]
    doubts: tuple[str, ...] = ()
    strips: Mapping[str, tuple[tuple[str, bytes], ...]] | None = None

    def __post_init__(self) -> None:
        if not self.cells:
            raise InputError(
                f"the results of {self.name} are empty", "one cell at least", "run the study first"
            )

    @property
    def networks(self) -> tuple[str, ...]:
        """Names of all networks, in the order they came."""
        return tuple(dict.fromkeys(cell.network for cell in self.cells))

    @property
    def grids(self) -> dict[str, list[StudyCell]]:
        """All cells by their grid, the smaller first."""
        found: dict[str, list[StudyCell]] = {}
        for cell in sorted(self.cells, key=lambda c: (c.ndim, c.size)):
            found.setdefault(cell.grid, []).append(cell)
        return found


def write_study_report(study: StudyReport, path: Path) -> None:
    """Write the whole page as one HTML file, or nothing.

    Raises:
        InputError: the folder is missing, closed or full, or `path` is a folder.
    """
    grids = study.grids
    body = [markup.paragraph(_answer(grids), kind="answer"), markup.doubts(study.doubts)]
    for grid, cells in grids.items():
        body.append(markup.section(f"Grid of {grid}", _grid(grid, cells, study)))
    body.append(markup.section("The seed's own figures", _beside_the_seed(study.cells)))
    subtitle = f"{len(study.cells)} cells: a network on a grid of scans under a loss"
    write_page(path, title=study.name, subtitle=subtitle, body="".join(body), legend=_LEGEND)


def _answer(grids: Mapping[str, Sequence[StudyCell]]) -> str:
    """Name the best of each grid by overlap and by the wall, and by how much it leads."""
    told = []
    for grid, cells in grids.items():
        by_overlap = max(cells, key=lambda c: c.mean("iou"))
        by_wall = min(cells, key=lambda c: c.mean("rms_voxels"))
        line = (
            f"On {grid} the highest IoU, {by_overlap.told('iou')}, is that of {_call(by_overlap)}"
        )
        wall = f"the wall nearest to the true one, {by_wall.told('rms_voxels')} voxels rms,"
        same = by_wall is by_overlap
        told.append(
            f"{line}, and so is {wall[:-1]}."
            if same
            else f"{line}; {wall} that of {_call(by_wall)}."
        )
    return " ".join(told)


def _call(cell: StudyCell) -> str:
    return f"{cell.network} under {cell.loss}"


def _grid(grid: str, cells: Sequence[StudyCell], study: StudyReport) -> str:
    with style():
        svg = to_svg(draw_rankings(cells, study.networks))
    alt = f"IoU and wall error of {len(cells)} cells on {grid}."
    parts = [markup.figure(Picture(grid, svg, alt, _CAPTION)), _table(cells)]
    for name, png in (study.strips or {}).get(grid, ()):
        parts.append(markup.raster(png, alt=f"Test scans of {grid} as {name} finds them."))
    return "\n".join(parts)


def _table(cells: Sequence[StudyCell]) -> str:
    known = [name for name in FIGURES if any(name in cell.figures for cell in cells)]
    rows = [(f"{c.network}, {c.loss}", tuple(c.told(name) for name in known)) for c in cells]
    return markup.table([FIGURES[name][0] for name in known], rows)


def _beside_the_seed(cells: Sequence[StudyCell]) -> str:
    rows = [
        (one.what, (one.told, ours))
        for one in SEED_FIGURES
        if (ours := ", ".join(_ours(one, cells)))
    ]
    if not rows:
        return ""
    return markup.table(("seed's IoU", "ours, by grid"), rows) + markup.paragraph(_NOTE, "calm")


def _ours(one: SeedFigure, cells: Iterable[StudyCell]) -> Iterator[str]:
    """Give our own figure on each grid of its kind: the best among networks and losses alike."""
    alike: dict[str, list[StudyCell]] = {}
    for cell in cells:
        if cell.network in one.networks and cell.ndim == one.ndim and cell.loss in one.losses:
            alike.setdefault(cell.grid, []).append(cell)
    for grid, group in alike.items():
        yield f"{max(group, key=lambda c: c.mean('iou')).told('iou')} on {grid}"


_CAPTION = (
    "Means over seeds; a bar is one standard deviation to either side. In the left chart more is"
    " better, in the right one less."
)
_NOTE = (
    "The seed is the program that this one grew from. Its figures are of three real scans that also"
    " chose its epochs; ours are of synthetic scans that chose nothing. They tell whether the same"
    " networks come first, not which program is better."
)
_LEGEND = (
    "Every cell learned from the same scans for the same time; validation scans chose its epoch,"
    " and the test scans, which chose nothing, report. A scan whose vessel was not found at all"
    " counts as the worst case."
)
