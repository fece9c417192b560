"""The table of anatomies and a draw from it; a new one is a function here, or one of the user's.

Lengths scale with the voxel where a network must see them (radius in voxels) and with the radius
where anatomy does (bends, lengths of a stenosis).
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lumenfield.config import look_up
from lumenfield.geometry import Solid
from lumenfield.synthesis.anatomy_ranges import AnatomyRanges
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.named import (
    draw_aneurysm,
    draw_arch,
    draw_ball,
    draw_carotid,
    draw_cerebral,
    draw_coarctation,
    draw_helix,
    draw_nothing,
    draw_phantom,
    draw_torus,
    draw_tube,
)
from lumenfield.synthesis.wandering import draw_pair, draw_trees

__all__ = ["ANATOMIES", "Anatomy", "AnatomyRanges", "draw_anatomy", "roughest_mm"]

Anatomy = Callable[[Draw, AnatomyRanges, NDArray[np.float64], float], Solid]
"""Draws solids for a field of view of an extent in mm, centred on the origin, of some voxel, mm."""

ANATOMIES: dict[str, Anatomy] = {
    "tree": draw_trees,
    "pair": draw_pair,
    "ball": draw_ball,
    "tube": draw_tube,
    "helix": draw_helix,
    "torus": draw_torus,
    "arch": draw_arch,
    "coarctation": draw_coarctation,
    "carotid": draw_carotid,
    "cerebral": draw_cerebral,
    "aneurysm": draw_aneurysm,
    "phantom": draw_phantom,
    "empty": draw_nothing,
}


def draw_anatomy(
    draw: Draw, ranges: AnatomyRanges, extent_mm: tuple[float, ...], voxel_mm: float
) -> Solid:
    """Draw the vessels of one scan, in a field of view of that extent centred on the origin.

    Args:
        voxel_mm: the longest edge.

    Raises:
        InputError: a kind that cannot be imported.
    """
    kind = look_up(ANATOMIES, draw.weighted(ranges.kinds), "anatomy")
    return kind(draw, ranges, np.asarray(extent_mm), voxel_mm)


def roughest_mm(solid: Solid, voxel_mm: float) -> float:
    """Standard deviation of a Gaussian displacement of the wall that tears no vessel in two.

    A tube whose radius is √3/2 of the longest voxel edge has voxels that touch; four standard
    deviations are left above that.
    """
    return max(solid.thinnest_mm - math.sqrt(3) / 2 * voxel_mm, 0.0) / 4
