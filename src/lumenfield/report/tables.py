"""Figures set as rows of text; separate because tables are plain values, and pages are HTML."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.evaluation.details import Details
from lumenfield.vessels import Branch, End, Interval

__all__ = [
    "ScoreRow",
    "branch_table",
    "detail_pairs",
    "interval_text",
    "radius_table",
    "voxel_text",
]

Table = tuple[tuple[str, ...], list[tuple[str, tuple[str, ...]]]]
"""Heads of the columns, and rows with their names."""

_BRANCH_HEADS = (
    "from → to",
    "length mm",
    "mean diameter mm",
    "smallest diameter mm",
    "narrowing %",
    "narrowest at voxel",
    "resistance",
)
_MOST_ROWS = 40


@dataclass(frozen=True)
class ScoreRow:
    """One row of the score table, such as "network alone", "refined" or "Otsu"."""

    name: str
    values: tuple[str, ...]


def branch_table(branches: tuple[Branch, ...], grid: Volume) -> Table:
    """Lay out every branch, the longest first; intervals hold 95 times in 100."""
    rows = [
        (f"branch {number}", _branch_row(branch, grid))
        for number, branch in enumerate(branches[:_MOST_ROWS])
    ]
    unit = "Pa·s/m³" if grid.ndim == 3 else "Pa·s/m²"
    return (*_BRANCH_HEADS[:-1], f"{_BRANCH_HEADS[-1]} {unit}"), rows


def radius_table(details: Details) -> Table:
    """Lay out the wall errors by radius of the true vessel."""
    heads = ("share of wall", "bias voxels", "rms voxels", "p95 voxels", "95 % interval holds")
    rows: list[tuple[str, tuple[str, ...]]] = [
        (
            f"{row.name} voxels",
            (
                f"{100 * row.area:.0f} %",
                f"{row.bias_voxels:+.3f}",
                f"{row.rms_voxels:.3f}",
                f"{row.p95_voxels:.3f}",
                "–" if row.coverage95 is None else f"{100 * row.coverage95:.0f} %",
            ),
        )
        for row in details.radii
    ]
    return heads, rows


def detail_pairs(details: Details) -> Iterator[tuple[str, str, str]]:
    """List components, the error bar's own figures, and all other figures."""
    true = [c for c in details.components if c.recall is not None]
    found = sum(bool(c.recall) for c in true)
    n_false = len(details.components) - len(true)
    yield "true parts found", f"{found} of {len(true)}", f"{n_false} found that are not there"
    if details.intervals is not None:
        z = details.intervals
        yield "error over spread", f"{z.z_mean:+.2f} ± {z.z_sd:.2f}", "0 ± 1 is right"
        for percent, share in z.coverage.items():
            yield f"{percent} % interval holds", f"{100 * share:.0f} %", "of the wall"
    for name, value in details.figures.items():
        told = "–" if value is None else f"{value:.3f}"
        yield name.replace("_", " "), told, details.reasons.get(name, "")


def interval_text(interval: Interval, digits: int = 2) -> str:
    """Give a figure with its bounds: 2.38 (1.95–2.83)."""
    value, low, high = (f"{x:.{digits}f}" for x in (interval.value, interval.low, interval.high))
    return f"{value} ({low}–{high})"


def voxel_text(grid: Volume, point_mm: NDArray[np.float64]) -> str:
    """Name the voxel nearest to a world point."""
    inverse = np.linalg.inv(grid.affine)
    index = inverse[: grid.ndim, :3] @ point_mm + inverse[: grid.ndim, 3]
    return ", ".join(str(i) for i in np.rint(index).astype(int))


def _branch_row(branch: Branch, grid: Volume) -> tuple[str, ...]:
    measures, thinnest = branch.measures, int(branch.radius_mm.argmin())
    percent = Interval(
        *(100 * x for x in (measures.stenosis.value, measures.stenosis.low, measures.stenosis.high))
    )
    return (
        f"{_end(branch.start)} → {_end(branch.end)}",
        f"{measures.length_mm:.1f}",
        f"{measures.mean_diameter_mm.value:.2f}",
        interval_text(measures.min_diameter_mm),
        interval_text(percent, 0),
        voxel_text(grid, branch.points_mm[thinnest]),
        f"{measures.resistance.value:.2g}".replace("e+0", "e").replace("e+", "e"),
    )


def _end(end: End) -> str:
    return end.kind if end.number < 0 else f"{end.kind} {end.number}"
