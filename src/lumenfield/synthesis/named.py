"""Anatomies with a name: proportions drawn within what is found in people, then put somewhere."""

import math
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lumenfield.geometry import (
    COMMUNICATING,
    Ball,
    Blend,
    Bulge,
    Empty,
    Solid,
    Torus,
    Union,
    Vessel,
    aortic_arch,
    bifurcation,
    carotid,
    circle_of_willis,
    coarctation,
    curved_vessel,
    helix,
)
from lumenfield.synthesis.anatomy_ranges import AnatomyRanges
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.placing import placed
from lumenfield.synthesis.wandering import (
    draw_bulge,
    draw_lesions,
    draw_radius,
    draw_sac,
    draw_vessel,
    least_mm,
    walk,
)

__all__ = [
    "draw_aneurysm",
    "draw_arch",
    "draw_ball",
    "draw_carotid",
    "draw_cerebral",
    "draw_coarctation",
    "draw_helix",
    "draw_nothing",
    "draw_phantom",
    "draw_torus",
    "draw_tube",
]

Array = NDArray[np.float64]


def draw_nothing(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw no vessel."""
    return Empty()


def draw_ball(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw a ball."""
    radius = draw_radius(draw, ranges, extent, voxel)
    return Ball(radius).moved(*_somewhere(draw, extent, 0.4))


def draw_tube(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw a tube through the field of view, straight or evenly curved."""
    radius = draw_radius(draw, ranges, extent, voxel)
    length = 2.0 * float(extent.max())
    curvature = min(draw.uniform(ranges.bend) / radius, 1.5 * math.pi / length)
    lesions = draw_lesions(draw, ranges, radius, least_mm(ranges, voxel))
    tube = curved_vessel(radius, length, curvature * draw.whole((0, 1)), lesions, _ndim(extent))
    return placed(draw, tube, extent, sway=0.0)


def draw_helix(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw a tube wound about an axis; in the plane a wave."""
    radius = min(draw_radius(draw, ranges, extent, voxel), 0.12 * float(extent.min()))
    coil, gap = radius * draw.uniform((1.5, 4.0)), radius * draw.uniform((2.6, 5.0))
    around = 2 * math.pi * coil
    pitch = gap * around / math.sqrt(around**2 - gap**2)
    turns = min(max(float(extent.max()) * draw.uniform((0.6, 1.6)) / pitch, 1.0), 8.0)
    lesions = draw_lesions(draw, ranges, radius, least_mm(ranges, voxel))
    wound = helix(radius, coil, pitch, turns, lesions, _ndim(extent))
    return placed(draw, wound, extent, sway=0.0)


def draw_torus(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw a ring."""
    radius = min(draw_radius(draw, ranges, extent, voxel), 0.2 * float(extent.min()))
    ring = Torus(radius * draw.uniform((1.8, 5.0)), radius)
    turns = [draw.uniform((0.0, 360.0)) for _ in range(2)]
    solid = ring.rotated(turns[0], (1, 2)).rotated(turns[1]) if extent.size == 3 else ring
    return solid.moved(*_somewhere(draw, extent, 0.3))


def draw_arch(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw an aortic arch."""
    return _arch(draw, ranges, extent, voxel, coarct=False)


def draw_coarctation(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw an aortic arch whose isthmus is narrow, evenly or from one side."""
    return _arch(draw, ranges, extent, voxel, coarct=True)


def _arch(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float, *, coarct: bool) -> Solid:
    radius, least = draw_radius(draw, ranges, extent, voxel), least_mm(ranges, voxel)
    descending = max(radius * draw.uniform((0.65, 0.85)), least)
    arch, length = radius * draw.uniform((2.0, 3.0)), radius * draw.uniform((6.0, 12.0))
    lesions: tuple[Bulge, ...] = ()
    if coarct:
        lesions = coarctation(
            min(draw.uniform(ranges.stenosis_depth), max(0.0, 1 - least / descending)),
            radius * draw.uniform((0.3, 0.8)),
            draw.one_of((0.0, draw.uniform((0.3, 1.0)))),
            arch_mm=arch,
            length_mm=length,
            beyond=draw.one_of((0.0, draw.uniform((0.1, 0.35)))),
        )
    heads = [draw.uniform(share) for share in ((0.33, 0.45), (0.2, 0.3), (0.26, 0.38))]
    aorta = aortic_arch(
        radius,
        descending_mm=descending,
        heads_mm=tuple(max(share * radius, least) for share in heads[: draw.one_of((2, 3, 3, 3))]),
        arch_mm=arch,
        length_mm=length,
        twist_mm=radius * draw.uniform((0.2, 1.5)),
        bulges=lesions,
        ndim=_ndim(extent),
    )
    return placed(draw, aorta, extent)


def draw_carotid(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw a carotid division with bulb, siphon and external branches, perhaps diseased."""
    radius, least = draw_radius(draw, ranges, extent, voxel), least_mm(ranges, voxel)
    lesions: list[Bulge] = []
    if draw.happens(ranges.stenosis):
        depth = draw.uniform(ranges.stenosis_depth)
        lesions.append(draw_bulge(draw, 0.7 * radius, depth, least, (0.44, 0.52)))
    if draw.happens(ranges.aneurysm):
        lesions.append(draw_bulge(draw, 0.5 * radius, -draw.uniform((0.3, 1.0)), least, (0.8, 1.0)))
    neck = carotid(
        radius,
        bulb=draw.uniform((1.0, 1.3)),
        internal=draw.uniform((0.6, 0.8)),
        external=draw.uniform((0.5, 0.7)),
        twig=draw.uniform((0.25, 0.4)),
        least_mm=least,
        bulges=tuple(_safe(lesion, 0.36 * radius, least) for lesion in lesions),
        ndim=_ndim(extent),
    )
    return placed(draw, neck, extent)


def draw_cerebral(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw a circle of Willis, some communicating arteries missing, perhaps with an aneurysm."""
    radius, least = draw_radius(draw, ranges, extent, voxel), least_mm(ranges, voxel)
    missing = tuple(name for name in COMMUNICATING if draw.happens(0.3))
    circle = circle_of_willis(radius, missing=missing, least_mm=least, ndim=_ndim(extent))
    if draw.happens(ranges.aneurysm):
        circle = _with_sac(draw, circle)
    return placed(draw, circle, extent)


def draw_aneurysm(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw a vessel with a sac on its side, or one that widens all round."""
    radius = min(draw_radius(draw, ranges, extent, voxel), 0.2 * float(extent.min()))
    points = walk(draw, extent, radius, draw.uniform(ranges.bend))
    if draw.happens(0.4):
        wide = draw_bulge(
            draw, radius, -draw.uniform((0.5, 1.5)), least_mm(ranges, voxel), (0.4, 0.6)
        )
        vessel = draw_vessel(draw, replace(ranges, aneurysm=0.0), points, radius, voxel)
        return replace(vessel, bulges=(*vessel.bulges, wide))
    vessel = draw_vessel(draw, replace(ranges, aneurysm=0.0), points, radius, voxel)
    nearest = np.linalg.norm(points, axis=1).argsort()[:3]
    sac = draw_sac(draw, points[draw.one_of(nearest.tolist())], radius)
    return Blend((vessel, sac), radius * draw.uniform((0.2, 0.6)))


def draw_phantom(draw: Draw, ranges: AnatomyRanges, extent: Array, voxel: float) -> Solid:
    """Draw what flow phantoms are: tubes side by side, a bend, or a division, machined exactly."""
    radius, least = draw_radius(draw, ranges, extent, voxel), least_mm(ranges, voxel)
    ndim, length = _ndim(extent), 2.0 * float(extent.max())
    model = draw.one_of(("tubes", "bend", "division"))
    if model == "division":
        share = draw.uniform((0.75, 0.82))
        radius = max(radius, least / 0.75)
        angles = (draw.uniform((10.0, 40.0)), draw.uniform((15.0, 50.0)))
        return placed(draw, bifurcation(radius, share, angles, length / 2, ndim), extent, sway=0.0)
    throat = draw_bulge(draw, radius, draw.uniform(ranges.stenosis_depth), least, (0.4, 0.6))
    lesions = (replace(throat, side=0.0),) if draw.happens(0.7) else ()
    if model == "bend":
        turn = math.pi * draw.uniform((0.3, 1.2))
        length = max(length, 2.5 * turn * radius)
        return placed(
            draw, curved_vessel(radius, length, turn / length, lesions, ndim), extent, 0.0
        )
    tubes: list[Solid] = []
    aside = 0.0
    for _ in range(draw.whole((1, 3))):
        tube = curved_vessel(radius, length, 0.0, lesions if not tubes else (), ndim)
        shift = (aside,) if ndim == 2 else (aside, 0.0)
        points = np.asarray(tube.points_mm) + np.array([0.0, *shift])
        tubes.append(replace(tube, points_mm=tuple(map(tuple, points.tolist()))))
        thinner = max(radius * draw.uniform((0.5, 1.0)), least)
        aside += radius + thinner + max(1.5 * voxel, radius * draw.uniform((0.3, 1.5)))
        radius = thinner
    return placed(draw, Union(tuple(tubes)), extent, sway=0.0)


def _safe(bulge: Bulge, radius: float, least: float) -> Bulge:
    """Lessen a narrowing so that even the thinnest place it may reach stays open."""
    return replace(bulge, depth=min(bulge.depth, max(0.0, 1 - least / max(radius, least))))


def _with_sac(draw: Draw, solid: Solid) -> Solid:
    """Put a sac on some vessel of a blend, or of one of several."""
    if isinstance(solid, Union):
        chosen = draw.whole((0, len(solid.parts) - 1))
        parts = [_with_sac(draw, p) if i == chosen else p for i, p in enumerate(solid.parts)]
        return Union(tuple(parts))
    assert isinstance(solid, Blend)
    vessels = [part for part in solid.parts if isinstance(part, Vessel)]
    vessel = draw.one_of(vessels)
    at = draw.whole((0, len(vessel.points_mm) - 1))
    sac = draw_sac(draw, np.asarray(vessel.points_mm[at]), 1.5 * vessel.radii_mm[at])
    return replace(solid, parts=(*solid.parts, sac))


def _somewhere(draw: Draw, extent: Array, share: float) -> list[float]:
    return [draw.uniform((-share, share)) * float(e) for e in extent]


def _ndim(extent: Array) -> Literal[2, 3]:
    return 2 if extent.size == 2 else 3
