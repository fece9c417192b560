"""A smooth line and its places nearest to points; separate from what a vessel makes of them."""

import math
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.geometry.blocks import Blocks
from lumenfield.geometry.nearest_vertex import nearest_vertex, nearest_vertex_in
from lumenfield.tensors import Points, Tensor

__all__ = ["Centreline", "Foot"]

_STEP = 0.8
"""Greatest length of a piece of centreline over the least radius."""


@dataclass(frozen=True, eq=False)
class Foot:
    """The places of a centreline nearest to some points, one a point.

    Args:
        gap: distance to the point, mm. along: arc length, mm. radius: of the vessel there, mm.
        offset: from the place to the point, `ndim *points`. piece, share: where on the line.
    """

    gap: Tensor
    along: Tensor
    radius: Tensor
    offset: Tensor
    piece: Tensor
    share: Tensor


@dataclass(frozen=True, eq=False)
class Centreline:
    """A cubic spline in short pieces, C(u) = c₀ + c₁u + c₂u² + c₃u³ for 0 ≤ u ≤ 1.

    Args:
        vertices: where pieces meet, `ndim n+1`, mm.
        pieces: `4×ndim+4 n`: c₀ … c₃, arc length at the start and over the piece, radius at the
            start and its change over the piece.
        normals: where angles start, at each vertex, `ndim n+1`.
        radii: of the vessel at each vertex, `n+1`; none where it is the same everywhere.
    """

    vertices: Tensor
    pieces: Tensor
    normals: Tensor
    radii: Tensor | None = None

    @classmethod
    def through(cls, control: NDArray[np.float64], radii: NDArray[np.float64]) -> "Centreline":
        """Lay the natural cubic spline through control points, a radius at each."""
        from scipy.interpolate import CubicSpline

        knots = np.r_[0, np.linalg.norm(np.diff(control, axis=0), axis=1).cumsum()]
        spline = CubicSpline(knots, control, bc_type="natural")
        # Pieces end at the knots, so that each is one cubic.
        count = np.maximum(np.ceil(np.diff(knots) / (_STEP * radii.min())), 2).astype(int)
        ends = np.r_[0, count.cumsum()]
        at = np.interp(np.arange(ends[-1] + 1), ends, knots)
        width, vertices = np.diff(at), spline(at)
        powers = [spline(at[:-1], k) * width[:, None] ** k / math.factorial(k) for k in range(3)]
        powers.append(vertices[1:] - sum(powers))
        speed = np.linalg.norm(spline(at[:-1, None] + width[:, None] * _GAUSS[0], 1), axis=-1)
        lengths = (speed * _GAUSS[1]).sum(-1) * width
        sizes = np.interp(at, knots, radii)
        laws = [np.r_[0, lengths.cumsum()[:-1]], lengths, sizes[:-1], np.diff(sizes)]
        parts = (vertices, np.c_[*powers, *laws], _normals(spline(at, 1)))
        return cls(*(torch.as_tensor(p.T, dtype=torch.float32).contiguous() for p in parts))

    @property
    def length_mm(self) -> float:
        """Arc length of all of it."""
        return float(self.pieces[-4:-2, -1].sum())

    @property
    def radii_mm(self) -> Tensor:
        """Radius at each vertex, as it was laid."""
        start, change = self.pieces[-2], self.pieces[-1]
        return torch.cat([start, start[-1:] + change[-1:]])

    def widened(self, radii: Tensor) -> "Centreline":
        """Note the radii of the vessel at the vertices, changes included."""
        uneven = bool(radii.max() - radii.min() > 1e-6 * radii.max())
        return replace(self, radii=radii if uneven else None)

    @property
    def arc_mm(self) -> Tensor:
        """Arc length at each vertex."""
        start, length = self.pieces[-4], self.pieces[-3]
        return torch.cat([start, start[-1:] + length[-1:]])

    def foot(self, points: Points) -> Foot:
        """Find the nearest places of the whole line."""
        return self._near(points, nearest_vertex(points, *self._offered(points)))

    def foot_in(self, blocks: Blocks) -> Foot:
        """Find the nearest places of points in blocks."""
        points = blocks.points
        return self._near(points, nearest_vertex_in(blocks, *self._offered(points)))

    def _offered(self, points: Tensor) -> tuple[Tensor, Tensor | None]:
        radii = None if self.radii is None else self.radii.to(points)
        return self.vertices.to(points).T.contiguous(), radii

    def _near(self, points: Tensor, vertex: Tensor) -> Foot:
        """Find the nearest place of one of the two pieces that meet at each point's vertex.

        Newton's method from the chord; coordinates come first, so that they lie together.
        """
        ndim, pieces = points.shape[-1], self.pieces.to(points)
        x, at = points.reshape(-1, ndim).T.contiguous(), vertex.reshape(-1)
        tangent = pieces[ndim : 2 * ndim]
        tangent = torch.cat([tangent, tangent[:, -1:]], 1)
        level = _dot(self.vertices.to(points), tangent).index_select(0, at)
        ahead = _dot(x, tangent.index_select(1, at)) >= level
        piece = torch.where(ahead, at, at - 1).clamp(0, pieces.shape[1] - 1)
        rows = pieces.index_select(1, piece)
        c0, c1, c2, c3 = rows[: 4 * ndim].unflatten(0, (4, ndim)).unbind(0)
        start, length, radius, change = rows[4 * ndim :].unbind(0)
        here = x - c0
        chord = c1 + c2 + c3
        share = (_dot(here, chord) / _dot(chord, chord)).clamp(0, 1)
        c2, c3 = 2 * c2, 3 * c3
        for _ in range(2):
            speed = c1 + share * (c2 + share * c3)
            offset = here - share * (c1 + share * (c2 / 2 + share * (c3 / 3)))
            slope = _dot(speed, speed)
            bend = _dot(c2 + (2 * share) * c3, offset)
            # Beyond the centre of curvature Newton's step would lead away.
            step = _dot(speed, offset) / torch.maximum(slope - bend, slope / 2)
            share = (share + step).clamp(0, 1)
        offset = here - share * (c1 + share * (c2 / 2 + share * (c3 / 3)))
        gap = _dot(offset, offset).sqrt()
        found = (gap, start + share * length, radius + share * change, offset, piece, share)
        return Foot(*(f.reshape(*f.shape[:-1], *vertex.shape) for f in found))

    def cosine(self, foot: Foot, angle: float) -> Tensor:
        """Cosine between the offset from the line and the direction `angle` about it."""
        ndim, piece, u = len(foot.offset), foot.piece, foot.share
        normals = self.normals.to(u)
        normal = torch.lerp(normals[:, piece], normals[:, piece + 1], u)
        side = normal * math.cos(angle)
        if ndim == 3:
            _, c1, c2, c3 = self.pieces.to(u)[: 4 * ndim, piece].unflatten(0, (4, ndim)).unbind(0)
            tangent = c1 + u * (2 * c2 + 3 * u * c3)
            tangent = tangent / _dot(tangent, tangent).sqrt()
            side = side + math.sin(angle) * torch.linalg.cross(tangent, normal, dim=0)
        return _dot(foot.offset, side) / foot.gap.clamp(min=1e-9)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """Scalar products over the first axis; sums in one fixed order for any number of threads."""
    return reduce(torch.add, (a * b).unbind(0))


_GAUSS = (np.array([0.5 - math.sqrt(0.15), 0.5, 0.5 + math.sqrt(0.15)]), np.array([5, 8, 5]) / 18)
"""Places and weights of Gauss's quadrature on [0, 1]."""


def _normals(tangents: NDArray[np.float64]) -> NDArray[np.float64]:
    """Directions from which angles about a centreline are counted, one a vertex.

    In 3-D the first is carried along without twisting, so that it turns only as the centreline
    does; a direction chosen anew at each vertex would jump, and tear a one-sided bulge.

    Source: Bishop, Am. Math. Mon. 82 (1975) 246.
    """
    tangents = tangents / np.linalg.norm(tangents, axis=1, keepdims=True)
    if tangents.shape[1] == 2:
        return np.stack([-tangents[:, 1], tangents[:, 0]], axis=1)
    up = np.eye(3)[np.abs(tangents[0]).argmin()]
    normals = [np.cross(tangents[0], up)]
    for tangent in tangents:
        across = normals[-1] - (normals[-1] @ tangent) * tangent
        normals.append(across / np.linalg.norm(across))
    return np.stack(normals[1:])
