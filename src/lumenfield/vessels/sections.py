"""Cross-sections of a lumen; separate because every figure of a vessel is read off one."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.vessels.field import LumenField

__all__ = ["Sections", "sections_at"]

Points = NDArray[np.float64]

_RAYS = 32
_REACH = 4.0
"""Rays end at so many times the centre's distance to the wall: there the lumen is open."""


_LEAST_RAY = 1e-6
"""mm; a centre outside the lumen has rays too, but no section that counts."""


@dataclass(frozen=True, eq=False)
class Sections:
    """Planes across a centreline and the wall in each, seen along rays from the centre.

    Args:
        rays: n×k, distance to the wall, mm. directions: n×k×ndim, unit vectors.
        closed: n, whether every ray met the wall.
    """

    centres: Points
    directions: Points
    rays: NDArray[np.float64]
    closed: NDArray[np.bool_]

    @property
    def walls(self) -> Points:
        """Points of the wall, n×k×ndim."""
        return np.asarray(self.centres[:, None] + self.rays[..., None] * self.directions)

    @property
    def area(self) -> NDArray[np.float64]:
        """½∮r²dθ, mm²; in 2-D the width, mm."""
        if self.centres.shape[1] == 2:
            return np.asarray(self.rays.sum(1))
        return np.asarray(math.pi * (self.rays**2).mean(1))

    @property
    def radius(self) -> NDArray[np.float64]:
        """Radius of the disc as large, mm; in 2-D half the width."""
        if self.centres.shape[1] == 2:
            return self.area / 2
        return np.asarray(np.sqrt(self.area / math.pi))

    def centroids(self) -> Points:
        """(1/A) ∮ ⅓r³ (cos θ, sin θ) dθ; rays beyond 1.6 times the median are cut there."""
        rays = np.minimum(self.rays, 1.6 * np.median(self.rays, axis=1, keepdims=True))
        if self.centres.shape[1] == 2:
            moment = 0.5 * (self.rays[..., None] * self.directions).sum(1)
            return np.asarray(self.centres + moment)
        moment = (rays[..., None] ** 3 * self.directions).mean(1) * (2 / 3)
        return np.asarray(self.centres + moment / (rays**2).mean(1)[:, None])


def sections_at(field: LumenField, centres: Points, tangents: Points) -> Sections:
    """Cut the lumen across its centreline.

    Args:
        centres: n×ndim, in the lumen. tangents: n×ndim.
    """
    directions = _directions(tangents)
    step = 0.75 * float(field.spacing.min())
    reach = _REACH * np.maximum(-field.at(centres, order=1), 2 * step)
    count = math.ceil(reach.max() / step)
    along = np.arange(1, count + 1) * step
    places = centres[:, None, None] + along[:, None] * directions[:, :, None]
    outside = field.at(places, order=1) >= 0
    outside |= along > reach[:, None, None]
    first = outside.argmax(-1)
    met = outside.any(-1) & (along[first] <= reach[:, None])
    rays = np.where(met, _crossing(field, centres, directions, along[first] - step, step), 0)
    return Sections(
        centres,
        directions,
        np.maximum(np.where(met, rays, reach[:, None]), _LEAST_RAY),
        met.all(1) & (reach > 0),
    )


def _crossing(
    field: LumenField, centres: Points, directions: Points, low: Points, step: float
) -> NDArray[np.float64]:
    """Find φ = 0 of the spline along each ray near [low, low + step], by false position."""

    def phi(rays: NDArray[np.float64]) -> NDArray[np.float64]:
        return field.at(centres[:, None] + rays[..., None] * directions)

    before, after = low, low + step
    at_before, at_after = phi(before), phi(after)
    for _ in range(3):
        slope = at_after - at_before
        flat = np.abs(slope) < 1e-9
        share = np.clip(np.where(flat, 0.5, -at_before / np.where(flat, 1.0, slope)), -1, 2)
        found = before + share * (after - before)
        at_found = phi(found)
        inside = at_found < 0
        before, at_before = np.where(inside, found, before), np.where(inside, at_found, at_before)
        after, at_after = np.where(inside, after, found), np.where(inside, at_after, at_found)
    slope = at_after - at_before
    share = np.where(np.abs(slope) < 1e-9, 0.5, -at_before / np.where(slope == 0, 1.0, slope))
    return np.asarray(before + np.clip(share, 0, 1) * (after - before))


def _directions(tangents: Points) -> Points:
    """Unit vectors across each tangent: k in 3-D, evenly about it; two in 2-D."""
    tangents = tangents / np.linalg.norm(tangents, axis=1, keepdims=True)
    if tangents.shape[1] == 2:
        normal = np.stack([-tangents[:, 1], tangents[:, 0]], axis=1)
        return np.stack([normal, -normal], axis=1)
    axis = np.eye(3)[np.abs(tangents).argmin(1)]
    first = np.cross(tangents, axis)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(tangents, first)
    angle = 2 * np.pi * np.arange(_RAYS) / _RAYS
    return np.asarray(
        np.cos(angle)[:, None] * first[:, None] + np.sin(angle)[:, None] * second[:, None]
    )
