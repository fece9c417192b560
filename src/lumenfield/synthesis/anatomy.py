"""Vessels drawn from ranges; separate because what is drawn is stored as plain solids.

Lengths scale with the voxel where a network must see them (radius in voxels) and with the radius
where anatomy does (bends, lengths of a stenosis).
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.geometry import Ball, Blend, Bulge, Empty, Solid, Union, Vessel, murray_radius
from lumenfield.geometry.combine import Combination
from lumenfield.geometry.transforms import Moved
from lumenfield.synthesis.draws import Draw, Range, check_range

__all__ = ["ANATOMIES", "AnatomyRanges", "draw_anatomy", "thinnest_mm"]


@dataclass(frozen=True)
class AnatomyRanges:
    """What vessels may be like.

    Args:
        kinds: weight of each entry of `ANATOMIES`.
        radius_voxels: of the main vessels, log-uniform, in the longest voxel edge.
        trees: how many main vessels.
        branches: how many branches each may have.
        bend: greatest curvature times radius of the centreline; 0.4 is a carotid siphon.
        stenosis: chance of a narrowing; `stenosis_depth` its c.
        aneurysm: chance of a bulge or sac.
        roughness: standard deviation of the wall's displacement over the radius.
    """

    kinds: dict[str, float] = field(default_factory=lambda: {"tree": 1.0})
    radius_voxels: Range = (1.2, 12.0)
    trees: tuple[int, int] = (1, 3)
    branches: tuple[int, int] = (0, 3)
    bend: Range = (0.0, 0.35)
    stenosis: float = 0.25
    stenosis_depth: Range = (0.2, 0.8)
    aneurysm: float = 0.1
    roughness: Range = (0.0, 0.12)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.kinds) - set(ANATOMIES))
        if unknown or not self.kinds or min(self.kinds.values()) < 0:
            raise InputError(
                f"anatomy kinds {dict(self.kinds)}",
                f"known are {', '.join(ANATOMIES)} with weights of zero or more",
                "mend the recipe",
            )
        check_range("radius_voxels", self.radius_voxels, 0.5)
        check_range("trees", self.trees, 1.0)
        check_range("branches", self.branches, 0.0)
        check_range("bend", self.bend, 0.0)
        check_range("stenosis_depth", self.stenosis_depth, 0.0)
        check_range("roughness", self.roughness, 0.0)


def draw_anatomy(
    draw: Draw, ranges: AnatomyRanges, extent_mm: tuple[float, ...], voxel_mm: float
) -> Solid:
    """Draw the vessels of one scan, in a field of view of that extent centred on the origin."""
    return ANATOMIES[draw.weighted(ranges.kinds)](draw, ranges, np.asarray(extent_mm), voxel_mm)


def _trees(draw: Draw, ranges: AnatomyRanges, extent: NDArray[np.float64], voxel: float) -> Solid:
    parts: list[Solid] = []
    for _ in range(draw.whole(ranges.trees)):
        radius = _radius(draw, ranges, extent, voxel)
        parts.append(_tree(draw, ranges, extent, radius, voxel))
    return Union(tuple(parts))


def _pair(draw: Draw, ranges: AnatomyRanges, extent: NDArray[np.float64], voxel: float) -> Solid:
    """An artery with its vein beside it, the gap between them a fraction of a radius."""
    radius = _radius(draw, ranges, extent, voxel)
    points = _walk(draw, extent, radius, draw.uniform(ranges.bend))
    other = radius * draw.uniform((0.6, 1.3))
    gap = radius + other + max(voxel, radius * draw.uniform((0.15, 1.0)))
    aside = _unit(draw, extent.size)
    first = _vessel(draw, ranges, points, radius)
    return Union((first, _vessel(draw, ranges, points + gap * aside, other)))


def _balls(draw: Draw, ranges: AnatomyRanges, extent: NDArray[np.float64], voxel: float) -> Solid:
    radius = _radius(draw, ranges, extent, voxel)
    centre = [draw.uniform((-0.4, 0.4)) * e for e in extent]
    return Ball(radius).moved(*centre)


def _nothing(draw: Draw, ranges: AnatomyRanges, extent: NDArray[np.float64], voxel: float) -> Solid:
    return Empty()


ANATOMIES = {"tree": _trees, "pair": _pair, "ball": _balls, "empty": _nothing}


def _radius(draw: Draw, ranges: AnatomyRanges, extent: NDArray[np.float64], voxel: float) -> float:
    return min(draw.log_uniform(ranges.radius_voxels) * voxel, 0.35 * float(extent.min()))


def _tree(
    draw: Draw, ranges: AnatomyRanges, extent: NDArray[np.float64], radius: float, voxel: float
) -> Solid:
    trunk = _walk(draw, extent, radius, draw.uniform(ranges.bend))
    stems = [(trunk, radius)]
    solids: list[Solid] = [_vessel(draw, ranges, trunk, radius)]
    for _ in range(draw.whole(ranges.branches)):
        points, parent = draw.one_of(stems)
        first = parent * draw.uniform((0.45, 0.85))
        size = draw.one_of((first, murray_radius(parent, first)))
        size = max(min(size, 0.9 * parent), ranges.radius_voxels[0] * voxel)
        at = points[draw.whole((1, len(points) - 2))]
        branch = _walk(draw, extent, size, draw.uniform(ranges.bend), start=at)
        stems.append((branch, size))
        solids.append(_vessel(draw, ranges, branch, size))
    if draw.happens(ranges.aneurysm):
        sac = radius * draw.uniform((0.9, 2.0))
        at = trunk[draw.whole((1, len(trunk) - 2))] + _unit(draw, extent.size) * (
            radius + 0.5 * sac
        )
        solids.append(Ball(sac).moved(*at))
    return Blend(tuple(solids), 0.3 * radius)


def _vessel(
    draw: Draw, ranges: AnatomyRanges, points: NDArray[np.float64], radius: float
) -> Vessel:
    taper = draw.uniform((0.0, 0.4)) if draw.happens(0.5) else 0.0
    radii = radius * (1 - taper * np.linspace(0, 1, len(points)))
    bulges = []
    if draw.happens(ranges.stenosis):
        bulges.append(_bulge(draw, radius, draw.uniform(ranges.stenosis_depth)))
    if draw.happens(ranges.aneurysm):
        bulges.append(_bulge(draw, radius, -draw.uniform((0.3, 1.0))))
    return Vessel(
        tuple(tuple(float(x) for x in p) for p in points),
        tuple(float(r) for r in radii),
        tuple(bulges),
    )


def _bulge(draw: Draw, radius: float, depth: float) -> Bulge:
    return Bulge(
        at=draw.uniform((0.2, 0.8)),
        depth=depth,
        width_mm=radius * draw.uniform((0.6, 2.0)),
        side=draw.one_of((0.0, draw.uniform((0.3, 1.0)))),
        angle=draw.uniform((0.0, 2 * math.pi)),
    )


def _walk(
    draw: Draw,
    extent: NDArray[np.float64],
    radius: float,
    bend: float,
    start: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Control points of a smooth random path, from outside the field of view by default.

    The direction turns at a rate that itself wanders, so bends come in runs like a siphon's.
    """
    ndim = extent.size
    step = max(1.5 * radius, 0.08 * float(extent.max()))
    if start is None:
        through = np.array([draw.uniform((-0.45, 0.45)) for _ in range(ndim)]) * extent
        heading = _unit(draw, ndim)
        start = through - heading * 0.75 * float(extent.max())
    else:
        heading = _unit(draw, ndim)
    turn = min(bend / radius * step, 1.2)
    rate, points = np.zeros(ndim), [start]
    for _ in range(int(1.6 * float(extent.max()) / step) + 3):
        rate = 0.6 * rate + 0.8 * np.asarray(draw.normal(ndim))
        aside = rate - (rate @ heading) * heading
        heading = heading + turn * aside / max(float(np.linalg.norm(aside)), 1.0)
        heading = heading / np.linalg.norm(heading)
        points.append(points[-1] + step * heading)
    return np.stack(points)


def _unit(draw: Draw, ndim: int) -> NDArray[np.float64]:
    vector = np.asarray(draw.normal(ndim))
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def thinnest_mm(solid: Solid) -> float:
    """Radius of the thinnest drawn part; infinite for no vessel."""
    if isinstance(solid, Vessel):
        narrow = min((1 - b.depth for b in solid.bulges if b.depth > 0), default=1.0)
        return min(solid.radii_mm) * narrow
    if isinstance(solid, Ball):
        return solid.radius_mm
    if isinstance(solid, Combination):
        return min(thinnest_mm(part) for part in solid.parts)
    if isinstance(solid, Moved):
        return thinnest_mm(solid.part)
    return math.inf
