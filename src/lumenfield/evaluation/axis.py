"""The middle of a lumen and its inscribed balls: which part of which vessel a place belongs to."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.evaluation.level import Level

__all__ = ["Axis", "vessel_axis"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Axis:
    """The balls inscribed in a lumen along its middle.

    Args:
        voxels: n×d, indices of their centres' voxels.
        points: n×d, their centres, mm from the first voxel's centre.
        radii: mm.
    """

    voxels: NDArray[np.int64]
    points: Array
    radii: Array

    def nearest(self, places: Array) -> NDArray[np.int64]:
        """Find for each of m×d places the ball whose surface it is nearest to.

        That has the least |x − c|² − R². One more coordinate turns it into a nearest neighbour.
        """
        _, ball = self._tree.query(np.column_stack([places, np.zeros(len(places))]))
        return np.asarray(ball)

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        lift = np.sqrt(np.maximum(self.radii.max() ** 2 - self.radii**2, 0))
        return cKDTree(np.column_stack([self.points, lift]))


def vessel_axis(truth: Level, spacing: tuple[float, ...]) -> Axis:
    """Find the balls along the middle of a lumen that is not empty.

    A voxel is on the axis if no neighbour is deeper by half the step to it: the depth's ridge, with
    tapers, but without the lines that lead from it into edges and bumps.
    """
    from scipy import ndimage

    depth = np.maximum(-truth.values, 0)
    if not truth.is_distance:
        depth = ndimage.distance_transform_edt(truth.mask, sampling=spacing) - min(spacing) / 2
    offsets = np.stack(np.meshgrid(*[(-1, 0, 1)] * len(spacing), indexing="ij"), axis=-1)
    steps = np.linalg.norm(offsets * np.asarray(spacing), axis=-1)
    ridge = truth.mask & (depth >= ndimage.grey_dilation(depth, structure=-steps / 2))
    voxels = np.argwhere(ridge)
    points = _centred(voxels) * np.asarray(spacing)
    # The middle lies between voxels, deeper than they by as much as it is away.
    aside = np.linalg.norm(points - voxels * np.asarray(spacing), axis=1)
    return Axis(voxels, points, depth[ridge] + aside)


def _centred(voxels: NDArray[np.int64]) -> Array:
    """Move each of n×d indices to the mean of those that touch it, so to the middle of a pair."""
    from scipy.spatial import cKDTree

    total, count = voxels.astype(np.float64), np.ones(len(voxels))
    pairs = cKDTree(voxels).query_pairs(1.8, output_type="ndarray")
    for one, other in (pairs.T, pairs.T[::-1]):
        np.add.at(total, one, voxels[other])
        np.add.at(count, one, 1)
    return total / count[:, None]
