"""Walls as simplices and the distances between them; separate because it is geometry in mm alone.

A surface is triangles in 3-D and segments in 2-D, from marching cubes or squares at the zero of a
level, so it is as fine as the level: sub-voxel for a distance or a probability, half-way between
voxels for a mask. It is open where a vessel leaves the grid: a cut is no wall. Every point weighs
as much as the surface around it, so a figure does not depend on how the grid cuts the wall.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Gaps",
    "Surface",
    "assd_mm",
    "distances_to",
    "hd95_mm",
    "surface_dice",
    "surface_gaps",
    "wall_surface",
    "weighted_percentile",
]

Array = NDArray[np.float64]

N_NEAREST = 16
"""Simplices tried for each point: more than meet at one corner of a grid."""

FAR = 4.0
"""How many times the longest face's radius is far from a surface."""

BLOCK = 20_000
"""Points measured at a time: so many stay in a processor's cache."""


@dataclass(frozen=True, eq=False)
class Surface:
    """Triangles (3-D) or segments (2-D).

    Args:
        points: n×d, mm from the first voxel's centre along the array axes.
        faces: m×d, indices of points; m may be 0.
    """

    points: Array
    faces: NDArray[np.int64]

    @property
    def corners(self) -> Array:
        """m×d×d: the points of each face."""
        return self.points[self.faces]

    @cached_property
    def weights(self) -> Array:
        """The area (2-D: length) around each point, mm² (mm); they add up to the whole."""
        ndim = self.points.shape[1]
        share = np.repeat(_areas(self.corners) / ndim, ndim)
        weights = np.bincount(self.faces.ravel(), weights=share, minlength=len(self.points))
        return weights.astype(np.float64)


@dataclass(frozen=True, eq=False)
class Gaps:
    """Distances between two walls both ways, mm, each with the area it stands for.

    Args:
        to_truth, predicted_weights: one a point of the predicted wall.
        to_prediction, true_weights: one a point of the true wall.
        worst_mm: what counts where neither wall has a point.
    """

    to_truth: Array
    predicted_weights: Array
    to_prediction: Array
    true_weights: Array
    worst_mm: float


def wall_surface(level: NDArray[np.float32], spacing: tuple[float, ...]) -> Surface:
    """Extract the zero level of a field, with linear interpolation between voxels."""
    ndim = level.ndim
    if not level.min() < 0 <= level.max():
        return Surface(np.zeros((0, ndim)), np.zeros((0, ndim), dtype=np.int64))
    # On a voxel exactly, zero is outside, as in the mask; faces there would have no area.
    field = np.where(level == 0, np.float32(1e-6 * min(spacing)), level)
    field = np.pad(field, [(0, 1 if n == 1 else 0) for n in level.shape], mode="edge")
    points, faces = _contour_lines(field) if ndim == 2 else _contour_triangles(field)
    return Surface(points * np.asarray(spacing), faces)


def surface_gaps(predicted: Surface, truth: Surface, *, worst_mm: float) -> Gaps:
    """Measure from each wall's points to the other wall.

    Args:
        worst_mm: what every point of a wall counts that has no counterpart at all: a missed vessel
            is never left out.
    """
    to_truth = distances_to(predicted.points, truth, otherwise=worst_mm)
    to_prediction = distances_to(truth.points, predicted, otherwise=worst_mm)
    return Gaps(to_truth, predicted.weights, to_prediction, truth.weights, worst_mm)


def assd_mm(gaps: Gaps) -> float:
    """Average the distance over both walls: (∫_P d_T + ∫_T d_P) / (|P| + |T|), mm."""
    there = gaps.to_truth @ gaps.predicted_weights
    back = gaps.to_prediction @ gaps.true_weights
    area = gaps.predicted_weights.sum() + gaps.true_weights.sum()
    return float((there + back) / area) if area else gaps.worst_mm


def hd95_mm(gaps: Gaps) -> float:
    """Give the larger of the two 95th percentiles, over area, of wall-to-wall distance, mm."""
    both = ((gaps.to_truth, gaps.predicted_weights), (gaps.to_prediction, gaps.true_weights))
    found = [weighted_percentile(gap, weights, 95.0) for gap, weights in both if len(gap)]
    return max(found, default=gaps.worst_mm)


def surface_dice(gaps: Gaps, *, tolerance_mm: float) -> float:
    """Give the part of both walls' area within a tolerance of the other wall (Nikolov 2021)."""
    near = gaps.predicted_weights[gaps.to_truth <= tolerance_mm].sum()
    near += gaps.true_weights[gaps.to_prediction <= tolerance_mm].sum()
    area = gaps.predicted_weights.sum() + gaps.true_weights.sum()
    return float(near / area) if area else 0.0


def weighted_percentile(values: Array, weights: Array, percent: float) -> float:
    """Give the smallest value below or at which `percent` of the weight lies."""
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    place = int(np.searchsorted(below, percent / 100 * below[-1] * (1 - 1e-12)))
    return float(values[order[min(place, len(order) - 1)]])


def distances_to(points: Array, surface: Surface, *, otherwise: float) -> Array:
    """Measure from n×d points to the nearest place on a surface, mm, unsigned.

    Near the surface it is the least of `N_NEAREST` faces around; beyond `FAR` faces' length it is
    that of the face with the nearest centre, right to 1 %.

    Args:
        otherwise: the distance to a surface without faces.
    """
    from scipy.spatial import cKDTree

    if not len(surface.faces):
        return np.full(len(points), otherwise)
    corners = surface.corners
    centres = corners.mean(axis=1)
    far = FAR * float(np.linalg.norm(corners - centres[:, None], axis=2).max())
    tree = cKDTree(centres)
    blocks = np.array_split(points, len(points) // BLOCK + 1)
    return np.concatenate([_to_nearest(block, corners, tree, far) for block in blocks])


def _to_nearest(points: Array, corners: Array, tree: Any, far: float) -> Array:
    to_face = _to_segment if points.shape[1] == 2 else _to_triangle
    gap, first = tree.query(points)
    best = to_face(points, corners[first])
    close = gap < far
    k = np.arange(2, min(N_NEAREST, len(corners)) + 1)
    for faces in tree.query(points[close], k=k)[1].T if len(k) else ():
        best[close] = np.minimum(best[close], to_face(points[close], corners[faces]))
    return best


def _contour_triangles(field: NDArray[np.float32]) -> tuple[Array, NDArray[np.int64]]:
    from skimage.measure import marching_cubes

    points, faces, _, _ = marching_cubes(field, 0.0)
    return points.astype(np.float64), faces.astype(np.int64)


def _contour_lines(field: NDArray[np.float32]) -> tuple[Array, NDArray[np.int64]]:
    from skimage.measure import find_contours

    lines = find_contours(field, 0.0)
    starts = np.cumsum([0] + [len(line) for line in lines])
    first = [np.arange(s, s + len(line) - 1) for s, line in zip(starts[:-1], lines, strict=True)]
    heads = np.concatenate(first)
    return np.concatenate(lines), np.stack([heads, heads + 1], axis=1).astype(np.int64)


def _areas(corners: Array) -> Array:
    sides = corners[:, 1:] - corners[:, :1]
    if corners.shape[2] == 2:
        return np.asarray(np.linalg.norm(sides[:, 0], axis=1))
    return np.asarray(0.5 * np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1))


def _to_segment(points: Array, corners: Array) -> Array:
    """Distance from each point to its own segment (n×2×d)."""
    start, along = corners[:, 0], corners[:, 1] - corners[:, 0]
    length2 = np.maximum((along**2).sum(axis=1), 1e-30)
    t = np.clip(((points - start) * along).sum(axis=1) / length2, 0, 1)
    return np.asarray(np.linalg.norm(points - start - t[:, None] * along, axis=1))


def _to_triangle(points: Array, corners: Array) -> Array:
    """Distance from each point to its own triangle (n×3×3): to its plane, else to its edges."""
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    above = np.ones(len(points), dtype=bool)
    edges = np.full(len(points), np.inf)
    for i in range(3):
        start, end = corners[:, i], corners[:, (i + 1) % 3]
        side = np.cross(normal, end - start)
        above &= ((points - start) * side).sum(axis=1) >= 0
        edges = np.minimum(edges, _to_segment(points, np.stack([start, end], axis=1)))
    size = np.linalg.norm(normal, axis=1)
    plane = np.abs(((points - corners[:, 0]) * normal).sum(axis=1)) / np.maximum(size, 1e-30)
    return np.where(above & (size > 0), plane, edges)
