"""Vessels on random paths: trees, and an artery beside its vein; what no atlas has to name."""

import math

import numpy as np
from numpy.typing import NDArray

from lumenfield.geometry import (
    Ball,
    Blend,
    Bulge,
    Solid,
    Union,
    Vessel,
    murray_radius,
    vessel_along,
)
from lumenfield.synthesis.anatomy_ranges import SLIGHT_VOXELS, THIN_VOXELS, AnatomyRanges
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.placing import unit

__all__ = [
    "draw_bulge",
    "draw_lesions",
    "draw_pair",
    "draw_radius",
    "draw_sac",
    "draw_trees",
    "draw_vessel",
    "least_mm",
    "walk",
]

Array = NDArray[np.float64]


def draw_trees(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw some trees, each a trunk with branches that are joined to it by fillets."""
    parts: list[Solid] = []
    for _ in range(draw.whole(ranges.trees)):
        radius = draw_radius(draw, ranges, extent, voxel)
        parts.append(_tree(draw, ranges, extent, radius, voxel))
    return Union(tuple(parts))


def draw_pair(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw an artery with its vein beside it, the gap between them a fraction of a radius."""
    radius = draw_radius(draw, ranges, extent, voxel)
    points = walk(draw, extent, radius, draw.uniform(ranges.bend))
    other = max(radius * draw.uniform((0.6, 1.3)), least_mm(ranges, voxel))
    gap = radius + other + max(voxel, radius * draw.uniform((0.15, 1.0)))
    aside = unit(draw, extent.size)
    first = draw_vessel(draw, ranges, points, radius, voxel)
    return Union((first, draw_vessel(draw, ranges, points + gap * aside, other, voxel)))


def draw_radius(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> float:
    """Draw the radius of a main vessel, mm: at most about a third of the field of view."""
    low, high = (edge * voxel for edge in ranges.radius_voxels)
    radius = draw.log_uniform(ranges.radius_mm or (low, high))
    return min(max(radius, low), high, 0.35 * float(extent.min()))


def least_mm(ranges: AnatomyRanges, voxel: float) -> float:
    """Radius below which no branch is drawn, and no throat."""
    return min(max(ranges.radius_voxels[0], THIN_VOXELS), SLIGHT_VOXELS) * voxel


def _tree(draw: Draw, ranges: AnatomyRanges, extent: Array, radius: float, voxel: float) -> Solid:
    trunk = walk(draw, extent, radius, draw.uniform(ranges.bend))
    stems = [(trunk, radius)]
    solids: list[Solid] = [draw_vessel(draw, ranges, trunk, radius, voxel)]
    for _ in range(draw.whole(ranges.branches)):
        points, parent = draw.one_of(stems)
        first = parent * draw.uniform((0.45, 0.85))
        size = draw.one_of((first, murray_radius(parent, first)))
        size = max(min(size, 0.9 * parent), least_mm(ranges, voxel))
        at = points[draw.whole((1, len(points) - 2))]
        branch = walk(draw, extent, size, draw.uniform(ranges.bend), start=at)
        stems.append((branch, size))
        solids.append(draw_vessel(draw, ranges, branch, size, voxel))
    if draw.happens(ranges.aneurysm):
        solids.append(draw_sac(draw, trunk[draw.whole((1, len(trunk) - 2))], radius))
    return Blend(tuple(solids), 0.3 * radius)


def draw_sac(draw: Draw, place: Array, radius: float) -> Solid:
    """Draw a saccular aneurysm on a vessel of that radius; the vessel's middle stays inside it."""
    sac = radius * draw.uniform((0.9, 2.0))
    centre = place + unit(draw, len(place)) * sac * draw.uniform((0.6, 0.85))
    return Ball(sac).moved(*centre)


def draw_vessel(
    draw: Draw, ranges: AnatomyRanges, points: Array, radius: float, voxel: float
) -> Vessel:
    """Draw a vessel along control points, perhaps tapering, narrowed or widened."""
    taper = draw.uniform((0.0, 0.4)) if draw.happens(0.5) else 0.0
    least = min(radius, least_mm(ranges, voxel))
    radii = np.maximum(radius * (1 - taper * np.linspace(0, 1, len(points))), least)
    bulges = draw_lesions(draw, ranges, float(radii.min()), least)
    return vessel_along(points, radii, bulges, points.shape[1])


def draw_lesions(
    draw: Draw, ranges: AnatomyRanges, radius: float, least: float
) -> tuple[Bulge, ...]:
    """Draw a stenosis, an aneurysm, both or none, of a vessel at least that thick."""
    bulges = []
    if draw.happens(ranges.stenosis):
        bulges.append(draw_bulge(draw, radius, draw.uniform(ranges.stenosis_depth), least))
    if draw.happens(ranges.aneurysm):
        bulges.append(draw_bulge(draw, radius, -draw.uniform((0.3, 1.0)), least))
    return tuple(bulges)


def draw_bulge(
    draw: Draw, radius: float, depth: float, least: float, at: tuple[float, float] = (0.2, 0.8)
) -> Bulge:
    """Draw where and how long a change of radius is; a throat keeps the least radius."""
    return Bulge(
        at=draw.uniform(at),
        depth=min(depth, max(0.0, 1 - least / radius)),
        width_mm=radius * draw.uniform((0.6, 2.0)),
        side=draw.one_of((0.0, draw.uniform((0.3, 1.0)))),
        angle=draw.uniform((0.0, 2 * math.pi)),
    )


def walk(
    draw: Draw, extent: Array, radius: float, bend: float, start: Array | None = None
) -> Array:
    """Control points of a smooth random path, from outside the field of view by default.

    The direction turns at a rate that itself wanders, so bends come in runs like a siphon's.
    """
    ndim = extent.size
    step = max(1.5 * radius, 0.08 * float(extent.max()))
    if start is None:
        through = np.array([draw.uniform((-0.45, 0.45)) for _ in range(ndim)]) * extent
        heading = unit(draw, ndim)
        start = through - heading * 0.75 * float(extent.max())
    else:
        heading = unit(draw, ndim)
    turn = min(bend / radius * step, 1.2)
    rate, points = np.zeros(ndim), [start]
    for _ in range(int(1.6 * float(extent.max()) / step) + 3):
        rate = 0.6 * rate + 0.8 * np.asarray(draw.normal(ndim))
        aside = rate - (rate @ heading) * heading
        heading = heading + turn * aside / max(float(np.linalg.norm(aside)), 1.0)
        heading = heading / np.linalg.norm(heading)
        points.append(points[-1] + step * heading)
    return np.stack(points)
