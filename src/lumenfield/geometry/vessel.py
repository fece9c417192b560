"""Curved vessels with a radius law; separate because a centreline needs its own search."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.geometry.solid import Blend, Solid
from lumenfield.tensors import Distances, Points, Tensor

__all__ = ["Bulge", "Vessel", "bifurcation", "murray_radius"]

_CHUNK = 1 << 21
"""Point × vertex pairs held at once."""


@dataclass(frozen=True)
class Bulge:
    """A local change of radius, R(s) ← R(s) · (1 − c · exp(−(s − s₀)²/2w²)).

    Args:
        at: s₀, as a share of the vessel's length.
        depth: c; positive narrows (stenosis, coarctation: 0.2–0.8), negative widens (aneurysm).
        width_mm: w.
        side: how much of it lies on one side, 0 (all round) to 1; the side is `angle`.
        angle: radians about the centreline, in 3-D; in 2-D 0 and π are the two sides.
    """

    at: float
    depth: float
    width_mm: float
    side: float = 0.0
    angle: float = 0.0


@dataclass(frozen=True)
class Vessel(Solid):
    """A tube about a smooth centreline, its radius given along it.

    The centreline is the natural cubic spline through `points_mm`. At the nearest centreline point
    s the distance is (r − R(s, θ)) / √(1 + R′²), R′ being the slope of the bulges; exact for
    constant radius. Ends are rounded.

    Args:
        points_mm: at least two control points, each with one number a dimension.
        radii_mm: at each control point, interpolated linearly along the length.

    Raises:
        InputError: fewer than two points, radii of another number, or a radius that is not
            positive.
    """

    points_mm: tuple[tuple[float, ...], ...]
    radii_mm: tuple[float, ...]
    bulges: tuple[Bulge, ...] = ()

    def __post_init__(self) -> None:
        if len(self.points_mm) < 2 or len(self.radii_mm) != len(self.points_mm):
            raise InputError(
                f"vessel with {len(self.points_mm)} points and {len(self.radii_mm)} radii",
                "a centreline needs two points or more and a radius for each",
                "give as many radii as points",
            )
        if min(self.radii_mm) <= 0 or any(b.depth >= 1 for b in self.bulges):
            raise InputError(
                f"vessel radii {self.radii_mm} with depths {[b.depth for b in self.bulges]}",
                "a radius must stay positive",
                "give positive radii and bulge depths below 1",
            )

    @cached_property
    def _line(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Centreline vertices, their arc length, the radius there, and where angles start."""
        from scipy.interpolate import CubicSpline

        control = np.asarray(self.points_mm, dtype=float)
        knots = np.r_[0, np.linalg.norm(np.diff(control, axis=0), axis=1).cumsum()]
        spline = CubicSpline(knots, control, bc_type="natural")
        # On a bend of 2.5 radii this chord strays from the arc by less than a hundredth of one.
        step = 0.4 * min(self.radii_mm)
        count = int(np.clip(np.ceil(knots[-1] / step), 8, 400)) + 1
        at = np.linspace(0, knots[-1], count)
        vertices = spline(at)
        arc = np.r_[0, np.linalg.norm(np.diff(vertices, axis=0), axis=1).cumsum()]
        radii = np.interp(at, knots, np.asarray(self.radii_mm))
        parts = (vertices, arc, radii, _normals(np.gradient(vertices, axis=0)))
        return tuple(torch.as_tensor(p, dtype=torch.float64) for p in parts)  # type: ignore[return-value]

    @property
    def length_mm(self) -> float:
        """Arc length of the centreline."""
        return float(self._line[1][-1])

    def distance(self, points: Points) -> Distances:
        """Distance to the wall; within 1 % of R where the radius changes slowly.

        Raises:
            InputError: the centreline has another dimension than the points.
        """
        if points.shape[-1] != len(self.points_mm[0]):
            raise InputError(
                f"vessel with a {len(self.points_mm[0])}-D centreline",
                f"the points are {points.shape[-1]}-D",
                "give each of its points one number for each dimension",
            )
        line = tuple(v.to(points) for v in self._line)
        flat = points.reshape(-1, points.shape[-1])
        rows = max(1, _CHUNK // len(line[0]))
        parts = [self._nearest(p, *line) for p in flat.split(rows)]
        return torch.cat(parts).reshape(points.shape[:-1])

    def _nearest(
        self, points: Tensor, vertices: Tensor, arc: Tensor, radii: Tensor, normals: Tensor
    ) -> Tensor:
        nearest = torch.cdist(points, vertices).argmin(-1)
        best: tuple[Tensor, ...] | None = None
        for first in (nearest.clamp(min=1) - 1, nearest.clamp(max=len(vertices) - 2)):
            start, chord = vertices[first], vertices[first + 1] - vertices[first]
            share = ((points - start) * chord).sum(-1) / (chord * chord).sum(-1)
            share = share.clamp(0, 1)
            offset = points - start - share[:, None] * chord
            along = torch.lerp(arc[first], arc[first + 1], share)
            radius = torch.lerp(radii[first], radii[first + 1], share)
            normal = torch.lerp(normals[first], normals[first + 1], share[:, None])
            found = (offset.norm(dim=-1), along, radius, offset, chord, normal)
            best = found if best is None else _closer(best, found)
        assert best is not None
        return self._signed(*best)

    def _signed(
        self,
        gap: Tensor,
        along: Tensor,
        radius: Tensor,
        offset: Tensor,
        chord: Tensor,
        normal: Tensor,
    ) -> Tensor:
        slope = torch.zeros_like(gap)
        for bulge in self.bulges:
            away = (along - bulge.at * self.length_mm) / bulge.width_mm
            bump = bulge.depth * torch.exp(-(away**2) / 2)
            if bulge.side:
                toward = _cosine(offset, chord, normal, bulge.angle)
                bump = bump * (1 - bulge.side * (1 - toward) / 2)
            slope = slope + radius * bump * away / bulge.width_mm
            radius = radius * (1 - bump)
        return (gap - radius) / torch.sqrt(1 + slope**2)


def _closer(a: tuple[Tensor, ...], b: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    wins = b[0] < a[0]
    return tuple(
        torch.where(wins[:, None] if x.ndim == 2 else wins, y, x) for x, y in zip(a, b, strict=True)
    )


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


def _cosine(offset: Tensor, chord: Tensor, normal: Tensor, angle: float) -> Tensor:
    """Cosine between the offset from the centreline and the direction `angle` about it."""
    if offset.shape[-1] == 2:
        side = normal * float(np.cos(angle))
    else:
        tangent = chord / chord.norm(dim=-1, keepdim=True)
        second = torch.linalg.cross(tangent, normal)
        side = float(np.cos(angle)) * normal + float(np.sin(angle)) * second
    return (offset * side).sum(-1) / offset.norm(dim=-1).clamp(min=1e-9)


def murray_radius(parent_mm: float, first_mm: float) -> float:
    """Radius of the second daughter, r₀³ = r₁³ + r₂³.

    Raises:
        InputError: the first daughter is not smaller than the parent.

    Source: Murray, PNAS 12 (1926) 207.
    """
    if not 0 < first_mm < parent_mm:
        raise InputError(
            f"daughter of {first_mm} mm on a parent of {parent_mm} mm",
            "a daughter is thinner than its parent",
            "give a smaller radius",
        )
    return float((parent_mm**3 - first_mm**3) ** (1 / 3))


def bifurcation(
    radius_mm: float,
    share: float = 0.8,
    angles_deg: tuple[float, float] = (25.0, 35.0),
    length_mm: float = 60.0,
    ndim: Literal[2, 3] = 3,
    bulges: tuple[Bulge, ...] = (),
) -> Blend:
    """Split a vessel on the first axis at the origin into two, with Murray's radii.

    Args:
        radius_mm: of the parent, which comes from negative first coordinates.
        share: radius of the first daughter over the parent's.
        angles_deg: of the two daughters off the first axis, to both sides in the first plane.
        length_mm: of parent and daughters each.
        bulges: of the first daughter; `at` counts along parent and daughter together.
    """
    radii = (share * radius_mm, murray_radius(radius_mm, share * radius_mm))
    vessels = []
    for sign, radius, angle in zip((1, -1), radii, angles_deg, strict=True):
        points, sizes = _limb(radius_mm, radius, sign * np.radians(angle), length_mm, ndim)
        vessels.append(Vessel(points, sizes, bulges if sign > 0 else ()))
    return Blend(tuple(vessels), 0.3 * radius_mm)


def _limb(
    parent: float, radius: float, angle: float, length: float, ndim: int
) -> tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]:
    rest = (0.0,) * (ndim - 2)
    turn = 1.5 * parent
    along, across = float(np.cos(angle)), float(np.sin(angle))
    places = [(-length, 0.0), (-length / 2, 0.0), (-turn, 0.0)]
    places += [(d * along, d * across) for d in (turn, length / 2, length)]
    sizes = (parent, parent, parent, radius, radius, radius)
    return tuple((x, y, *rest) for x, y in places), sizes
