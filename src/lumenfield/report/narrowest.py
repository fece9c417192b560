"""Which narrow place of a vessel tree to tell first; separate because it needs no picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.vessels import Branch, Interval, Measures

__all__ = ["Narrow", "greatest_narrowing", "long_branches", "smallest_diameter"]

LONG = 5.0
"""Mean diameters from which a branch is long enough to speak of its narrowest place."""

PART = 0.05
"""Share of the lumen that a connected part holds at least to be spoken of first."""


@dataclass(frozen=True)
class Narrow:
    """A narrow place.

    Args:
        number: of its branch. arc_mm: from the start of it. point_mm: world.
        figure: mm for a diameter, a share for a narrowing.
    """

    number: int
    arc_mm: float
    point_mm: NDArray[np.float64]
    figure: Interval


def long_branches(branches: Sequence[Branch], distance: Volume) -> tuple[int, ...]:
    """Choose the branches to speak of first: long ones, in parts that hold much of the lumen.

    Of none that is long, the longest.
    """
    if not branches:
        return ()
    from scipy import ndimage

    labels, _ = ndimage.label(distance.values < 0, np.ones((3,) * distance.ndim))
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    large = sizes >= PART * sizes.sum()
    known = [
        number
        for number, branch in enumerate(branches)
        if large[_label_of(branch, labels, distance)]
    ]
    return tuple(n for n in known if _is_long(branches[n].measures)) or tuple(known[:1])


def _is_long(measures: Measures) -> bool:
    return measures.length_mm >= LONG * measures.mean_diameter_mm.value


def smallest_diameter(branches: Sequence[Branch], chosen: Sequence[int]) -> Narrow | None:
    """Find the narrowest station, a diameter away from blind ends, where any lumen fades out."""
    places = [
        (2 * float(branches[number].radius_mm[station]), number, station)
        for number in chosen
        for station in _inner(branches[number])
    ]
    if not places:
        return None
    _, number, station = min(places)
    branch = branches[number]
    if station == int(branch.radius_mm.argmin()):
        figure = branch.measures.min_diameter_mm
    else:
        curves = (branch.radius_mm, branch.radius_low_mm, branch.radius_high_mm)
        figure = Interval(*(2 * float(curve[station]) for curve in curves))
    return Narrow(number, float(branch.arc_mm[station]), branch.points_mm[station], figure)


def greatest_narrowing(branches: Sequence[Branch], chosen: Sequence[int]) -> Narrow | None:
    """Find the place whose diameter falls shortest of what its neighbourhood leads to expect."""
    if not chosen:
        return None
    number = max(chosen, key=lambda n: branches[n].measures.stenosis.value)
    branch, measures = branches[number], branches[number].measures
    station = int(np.abs(branch.arc_mm - measures.stenosis_at_mm).argmin())
    place = branch.points_mm[station]
    return Narrow(number, measures.stenosis_at_mm, place, measures.stenosis)


def _inner(branch: Branch) -> Iterator[int]:
    """Give the stations that are further from a blind end than the branch is wide."""
    margin = branch.measures.mean_diameter_mm.value
    first = margin if branch.start.kind == "tip" else 0.0
    last = branch.arc_mm[-1] - (margin if branch.end.kind == "tip" else 0.0)
    yield from np.flatnonzero((branch.arc_mm >= first) & (branch.arc_mm <= last)).tolist()


def _label_of(branch: Branch, labels: NDArray[np.integer], grid: Volume) -> int:
    """Find the part of the lumen that most of a centreline runs through."""
    inverse = np.linalg.inv(grid.affine)
    places = branch.points_mm @ inverse[: grid.ndim, :3].T + inverse[: grid.ndim, 3]
    index = np.clip(np.rint(places).astype(int), 0, np.array(grid.shape) - 1)
    return int(np.bincount(labels[tuple(index.T)]).argmax())
