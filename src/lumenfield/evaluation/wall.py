"""How far and to which side the predicted wall is from the true one; separate as it is signed.

At each point x of the predicted wall the error is e = φ_true(x) / h, positive where the predicted
wall is outside the true lumen; h is the geometric mean of the voxel's edges.

Points of the predicted wall cannot tell of a vessel that was not predicted, so its wall is added:
a true wall point counts as missed where the vessel's axis beside it lies outside the prediction,
with e = −(distance to that axis) / h. For a ball or a tube that is its inscribed radius: how far
the true wall would have to shrink to agree. So a whole missed vessel and a missed branch of a found
one both count, by their area; a vessel that is only too thin does not count twice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.evaluation.axis import vessel_axis
from lumenfield.evaluation.level import Level
from lumenfield.evaluation.surface import Gaps, Surface, weighted_percentile
from lumenfield.evaluation.undefined import Undefined
from lumenfield.spacing import voxel_mm

__all__ = [
    "WallErrors",
    "bias_voxels",
    "coverage95",
    "diagonal_mm",
    "interpolate",
    "p95_voxels",
    "rms_voxels",
    "wall_errors",
]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class WallErrors:
    """Signed errors over the predicted wall and the missed parts of the true one.

    Args:
        errors: e, voxels.
        weights: the area each stands for, mm² (2-D: mm).
        points: n×d, mm, where it was measured.
        missed: belongs to a missed part of the true wall, not to the predicted one.
    """

    errors: Array
    weights: Array
    points: Array
    missed: NDArray[np.bool_]


def wall_errors(
    predicted: Level,
    truth: Level,
    walls: tuple[Surface, Surface],
    gaps: Gaps,
    spacing: tuple[float, ...],
) -> WallErrors:
    """Measure e over the predicted wall and the missed parts of the true one.

    φ_true is the truth itself where that is a distance (clipped to a band, it clips errors too),
    else the exact distance to its ½-level, a staircase if it is a mask. Where there is no wall to
    measure to or from, the error is the grid's diagonal.

    Args:
        walls: predicted, true.
        gaps: between these walls.
    """
    predicted_wall, true_wall = walls
    signed = interpolate(truth.values, predicted_wall.points, spacing)
    if not truth.is_distance:
        signed = np.where(signed < 0, -gaps.to_truth, gaps.to_truth)
    missed = _missed_wall(truth, predicted.mask, true_wall, spacing)
    if not len(signed) and not len(missed.depths):
        return _nowhere(gaps.worst_mm, predicted.mask, spacing)
    return WallErrors(
        np.concatenate([signed, -missed.depths]) / voxel_mm(spacing),
        np.concatenate([predicted_wall.weights, missed.weights]),
        np.concatenate([predicted_wall.points, missed.points]),
        np.repeat([False, True], [len(signed), len(missed.depths)]),
    )


def bias_voxels(wall: WallErrors) -> float:
    """Average e over the wall's area; positive: the predicted wall is outside the true one."""
    return float(np.average(wall.errors, weights=wall.weights))


def rms_voxels(wall: WallErrors) -> float:
    """Give the root of the average of e² over the wall's area."""
    return float(np.sqrt(np.average(wall.errors**2, weights=wall.weights)))


def p95_voxels(wall: WallErrors) -> float:
    """Give the |e| that 95 % of the wall's area does not exceed."""
    return weighted_percentile(np.abs(wall.errors), wall.weights, 95.0)


def coverage95(
    wall: WallErrors, spread: NDArray[np.float32] | None, spacing: tuple[float, ...]
) -> float:
    """Give the part of the wall whose 95 % interval holds the truth: |φ_true(x)| ≤ 1.96 σ_n(x).

    A missed part of the true wall is not covered.

    Args:
        spread: σ_n, mm, on the grid.

    Raises:
        Undefined: there is no spread.
    """
    if spread is None:
        raise Undefined("no spread was given")
    allowed = 1.96 * interpolate(spread, wall.points, spacing)
    covered = (np.abs(wall.errors) * voxel_mm(spacing) <= allowed) & ~wall.missed
    return float(np.average(covered, weights=wall.weights))


def diagonal_mm(shape: tuple[int, ...], spacing: tuple[float, ...]) -> float:
    """Give the length of the grid's diagonal, outer corner to outer corner, mm."""
    return float(np.linalg.norm(np.multiply(shape, spacing)))


@dataclass(frozen=True, eq=False)
class _Missed:
    """The points of the true wall whose vessel was not predicted."""

    points: Array
    weights: Array
    depths: Array
    """Distance to the axis, mm."""


def _missed_wall(
    truth: Level, predicted: NDArray[np.bool_], wall: Surface, spacing: tuple[float, ...]
) -> _Missed:
    """Find the points of the true wall whose axis was not predicted."""
    nothing = _Missed(wall.points[:0], np.zeros(0), np.zeros(0))
    if not len(wall.faces):
        return nothing
    axis = vessel_axis(truth, spacing)
    found = predicted[tuple(axis.voxels.T)]
    if found.all():
        return nothing
    ball = axis.nearest(wall.points)
    lost = ~found[ball]
    depths = np.linalg.norm(wall.points[lost] - axis.points[ball[lost]], axis=1)
    return _Missed(wall.points[lost], wall.weights[lost], depths)


def _nowhere(
    worst_mm: float, predicted: NDArray[np.bool_], spacing: tuple[float, ...]
) -> WallErrors:
    """Count one error, of the grid's diagonal, where neither wall has a point: full and empty."""
    error = worst_mm / voxel_mm(spacing) * (1 if predicted.all() else -1)
    one = np.ones(1)
    return WallErrors(error * one, one, np.zeros((1, len(spacing))), np.ones(1, dtype=bool))


def interpolate(values: NDArray[np.float32], points: Array, spacing: tuple[float, ...]) -> Array:
    """Read a grid at n×d places in mm from its first voxel's centre, linearly."""
    from scipy import ndimage

    index = (points / np.asarray(spacing)).T
    return np.asarray(ndimage.map_coordinates(values, index, np.float64, order=1, mode="nearest"))
