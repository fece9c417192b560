"""The parts of a vessel tree, measured; separate so that a report needs only this to plot them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Branch", "End", "Interval", "Measures", "Vessels"]

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds that hold it 95 times in 100."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class End:
    """Where a branch ends.

    Args:
        kind: an `opening` lies on the border of the grid, a `junction` joins three branches or
            more, a `tip` lies inside the grid; a `seam` is where a closed branch was cut.
        number: of the junction, −1 elsewhere.
    """

    kind: Literal["opening", "junction", "tip", "seam"]
    number: int = -1


@dataclass(frozen=True)
class Measures:
    """Figures of one branch; a junction belongs to no branch, so none is counted twice.

    Args:
        length_mm: arc length of the centreline.
        tortuosity: length over the distance between its ends; None where closed.
        mean_diameter_mm: averaged along the centreline. min_diameter_mm, max_diameter_mm: least
            and largest along it; the least is sought one radius away from junctions.
        stenosis: largest 1 − D/D_ref, D_ref being that of the shoulders on both sides; sought
            there too.
        stenosis_at_mm: arc length of that place.
        resistance: Poiseuille's, ∫ 8μ/(πR⁴) ds in Pa·s/m³; in 2-D that of a plane channel,
            ∫ 12μ/(2R)³ ds in Pa·s/m², per metre of depth. Its upper bound is ∞ where the
            interval of a radius reaches zero.
    """

    length_mm: float
    tortuosity: float | None
    mean_diameter_mm: Interval
    min_diameter_mm: Interval
    max_diameter_mm: Interval
    stenosis: Interval
    stenosis_at_mm: float
    resistance: Interval


@dataclass(frozen=True, eq=False)
class Branch:
    """A vessel between two ends, from section to section across its centreline.

    Args:
        points_mm: n×3, world; the centroids of the sections.
        arc_mm: n, length of the centreline up to each point.
        radius_mm: n, of the disc as large as the section; in 2-D half its width.
        radius_low_mm, radius_high_mm: n, bounds that hold the radius 95 times in 100.
        least_mm: n, distance from the centreline to the nearest wall of the section.
        reference_mm: n, radius that the shoulders of a narrowing lead to expect.
        area_mm2: n, of the section; None in 2-D.
    """

    points_mm: Curve
    arc_mm: Curve
    radius_mm: Curve
    radius_low_mm: Curve
    radius_high_mm: Curve
    least_mm: Curve
    reference_mm: Curve
    area_mm2: Curve | None
    start: End
    end: End
    measures: Measures


@dataclass(frozen=True, eq=False)
class Vessels:
    """All branches of a lumen.

    Args:
        branches: longest first.
        junctions_mm: k×3, world.
        viscosity: μ, Pa·s, of the resistances.
        notes: what could not be measured, one line each.
    """

    branches: tuple[Branch, ...]
    junctions_mm: Curve
    viscosity: float
    notes: tuple[str, ...] = ()
