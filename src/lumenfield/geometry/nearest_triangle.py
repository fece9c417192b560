"""The search for the triangle nearest to a point; separate from what a triangle's distance is."""

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Mesh
from lumenfield.geometry.triangles import nearest_weights, pseudo_normals

__all__ = ["NearestTriangle"]

Array = NDArray[np.float64]
Numbers = NDArray[np.int64]

_CHUNK = 1 << 20
"""Point × triangle pairs held at once."""


class NearestTriangle:
    """Triangles held by a tree of the middles of their parts.

    Wide triangles are cut, so that every part lies in a small disc about its middle. A triangle is
    looked at where its disc may be nearer than what is known already.
    """

    def __init__(self, mesh: Mesh) -> None:
        from scipy.spatial import cKDTree

        self.corners = mesh.vertices[mesh.faces]
        self.normals = pseudo_normals(mesh.vertices, mesh.faces)
        parts, self.owner = _cut(self.corners)
        self.middles, self.radii = parts.mean(1), _radii(parts)
        self.reach = float(self.radii.max())
        self.tree = cKDTree(self.middles)

    def signed(self, points: Array) -> Array:
        """Give the exact signed distance of points, `n 3`.

        Ever more of the nearest discs are asked, until no further one can be nearer.
        """
        found = np.empty(len(points))
        left, n = np.arange(len(points)), 8
        while len(left):
            n, unsure = min(n, len(self.owner)), []
            for some in np.array_split(left, len(left) * n // _CHUNK + 1):
                gap, number = self.tree.query(points[some], k=[*range(1, n + 1)])
                found[some] = self._least(points[some], gap, number)
                sure = np.abs(found[some]) <= gap[:, -1] - self.reach
                unsure.append(some[~sure] if n < len(self.owner) else some[:0])
            left, n = np.concatenate(unsure), 4 * n
        return found

    def _least(self, points: Array, gap: Array, number: Numbers) -> Array:
        """Signed distance to the nearest of the triangles of some parts, `n m`."""
        first = self._square(points, self.owner[number[:, 0]])[0]
        flat = np.einsum("nmi,nmi->nm", points[:, None] - self.middles[number], self._plane(number))
        aside = np.sqrt(np.maximum(gap**2 - flat**2, 0)) - self.radii[number]
        near = flat**2 + np.maximum(aside, 0) ** 2 <= first[:, None] * (1 + 1e-9)
        near[:, 0] = True
        row, column = near.nonzero()
        triangle = self.owner[number[row, column]]
        square, away, weight = self._square(points[row], triangle)
        order = np.lexsort((square, row))
        best = order[np.searchsorted(row, np.arange(len(points)))]
        normal = self.normals[triangle[best], _feature(weight[best])]
        side = np.where(np.einsum("ni,ni->n", away[best], normal) < 0, -1.0, 1.0)
        return np.sqrt(square[best]) * side

    def _plane(self, number: Numbers) -> Array:
        return self.normals[self.owner[number], 0]

    def _square(self, points: Array, triangles: Numbers) -> tuple[Array, Array, Array]:
        """Squared distance, offset and corner weights of one triangle for each point."""
        corners = self.corners[triangles]
        weights = nearest_weights(points, corners)
        away = points - np.einsum("nc,nci->ni", weights, corners)
        return np.einsum("ni,ni->n", away, away), away, weights


def _feature(weights: Array) -> Numbers:
    """Which of a triangle's seven normals counts: its own, a side's, a corner's."""
    held = weights > 1e-12
    n = held.sum(1)
    # The side from corner k to the next leaves out corner k + 2.
    side = 1 + (held.argmin(1) + 1) % 3
    return np.where(n == 1, 4 + held.argmax(1), np.where(n == 2, side, 0))


def _cut(corners: Array) -> tuple[Array, Numbers]:
    """Cut wide triangles in four until all are of like size; tell which each part is of."""
    owner = np.arange(len(corners))
    limit = 2 * float(np.median(_radii(corners)))
    for _ in range(6):
        wide = _radii(corners) > limit
        if not wide.any():
            break
        a, b, c = corners[wide].swapaxes(0, 1)
        ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
        parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        corners = np.concatenate([corners[~wide], *(np.stack(p, 1) for p in parts)])
        owner = np.concatenate([owner[~wide], *(owner[wide] for _ in parts)])
    return corners, owner


def _radii(corners: Array) -> Array:
    middle = corners.mean(1, keepdims=True)
    return np.linalg.norm(corners - middle, axis=2).max(1)
