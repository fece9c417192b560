"""Where a triangle is nearest to a point, and which side the point is on; plain array numerics."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["nearest_weights", "pseudo_normals"]

Array = NDArray[np.float64]


def nearest_weights(points: Array, corners: Array) -> Array:
    """Find the nearest place of triangles to points, as weights of their corners.

    The place nearest in the plane where that lies inside, else the nearest on the three sides.

    Args:
        points: `… 3`. corners: `… 3 3`, one corner a row.

    Returns:
        Weights `… 3` that are not negative and add up to one; zero, exactly, for corners that have
        no part in it.
    """
    inner = _plane_weights(points, corners)
    best, least = inner, np.where((inner >= 0).all(-1), 0.0, np.inf)
    for k in range(3):
        one, other = corners[..., k, :], corners[..., (k + 1) % 3, :]
        side = other - one
        share = _dot(points - one, side) / np.maximum(_dot(side, side), 1e-300)
        share = np.clip(share, 0.0, 1.0)
        gap = points - one - share[..., None] * side
        square = _dot(gap, gap)
        weights = np.zeros_like(inner)
        weights[..., k], weights[..., (k + 1) % 3] = 1 - share, share
        wins = square < least
        best, least = np.where(wins[..., None], weights, best), np.where(wins, square, least)
    return best


def _plane_weights(points: Array, corners: Array) -> Array:
    """Weights of the foot of each point in the triangle's plane; negative outside, or flat."""
    one, u, v = corners[..., 0, :], *(corners[..., k, :] - corners[..., 0, :] for k in (1, 2))
    offset = points - one
    uu, uv, vv = _dot(u, u), _dot(u, v), _dot(v, v)
    du, dv = _dot(offset, u), _dot(offset, v)
    area = uu * vv - uv * uv
    flat = area <= 1e-14 * uu * vv
    area = np.where(flat, 1.0, area)
    second, third = (vv * du - uv * dv) / area, (uu * dv - uv * du) / area
    return np.where(flat[..., None], -1.0, np.stack([1 - second - third, second, third], -1))


def pseudo_normals(vertices: Array, faces: NDArray[np.int64]) -> Array:
    """Normals of faces, sides and corners whose side of the surface is right everywhere.

    Returns:
        `n 7 3`, for each triangle: its own; of the sides from corner 0, 1, 2 to the next, summed
        over both triangles; of its corners, summed over all triangles there by their angle.

    Source: Baerentzen and Aanaes, IEEE Trans. Vis. Comput. Graph. 11 (2005) 243.
    """
    corners = vertices[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
    at_corner = np.zeros_like(vertices)
    for k in range(3):
        to, back = (corners[:, (k + s) % 3] - corners[:, k] for s in (1, 2))
        size = np.maximum(np.linalg.norm(to, axis=1) * np.linalg.norm(back, axis=1), 1e-300)
        angle = np.arccos(np.clip(_dot(to, back) / size, -1, 1))
        np.add.at(at_corner, faces[:, k], angle[:, None] * normal)
    sides = np.sort(np.stack([faces, np.roll(faces, -1, axis=1)], -1), -1).reshape(-1, 2)
    _, number = np.unique(sides, axis=0, return_inverse=True)
    at_side = np.zeros((int(number.max()) + 1, 3))
    np.add.at(at_side, number.reshape(-1), np.repeat(normal, 3, axis=0))
    return np.concatenate(
        [normal[:, None], at_side[number.reshape(-1, 3)], at_corner[faces]], axis=1
    )


def _dot(a: Array, b: Array) -> Array:
    return np.einsum("...i,...i->...", a, b)
