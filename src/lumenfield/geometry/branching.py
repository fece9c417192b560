"""Vessels that divide; separate because how radii share a flow is a law of its own."""

from typing import Literal

import numpy as np

from lumenfield.errors import InputError
from lumenfield.geometry.combine import Blend
from lumenfield.geometry.curves import vessel_along
from lumenfield.geometry.vessel import Bulge, Vessel

__all__ = ["bifurcation", "murray_radius", "murray_tree"]


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


def murray_tree(
    radius_mm: float,
    generations: int = 4,
    *,
    share: float = 0.8,
    angle_deg: float = 35.0,
    length: float = 8.0,
    least_mm: float = 0.0,
    ndim: Literal[2, 3] = 3,
) -> Blend:
    """Divide a vessel along the first axis again and again, with Murray's radii.

    Each division lies in a plane turned by 90° from the last one's; in 2-D there is but one plane.

    Args:
        radius_mm: of the stem, which comes from the origin.
        generations: of divisions.
        share: radius of each first daughter over its parent's.
        angle_deg: between two daughters at each division.
        length: of every limb over its radius.
        least_mm: a daughter thinner than this is left out.

    Raises:
        InputError: a share that leaves no second daughter.
    """
    vessels: list[Vessel] = []
    heading, across = np.eye(3)[0], np.eye(3)[1]
    front = [(np.zeros(3), heading, across, radius_mm)]
    for generation in range(generations + 1):
        split = []
        for start, ahead, aside, radius in front:
            end = start + length * radius * ahead
            middle = (start + end) / 2
            vessels.append(vessel_along(np.stack([start, middle, end]), radius, (), ndim))
            out = aside if ndim == 2 else np.cross(ahead, aside)
            pair = (share * radius, murray_radius(radius, share * radius))
            # The thinner daughter turns more, as its smaller share of the flow bends less.
            for size, turn in zip(pair, np.radians([-0.4, 0.6]) * angle_deg, strict=True):
                to = np.cos(turn) * ahead + np.sin(turn) * aside
                side = np.cos(turn) * aside - np.sin(turn) * ahead if ndim == 2 else out
                if size >= least_mm and generation < generations:
                    split.append((end, to, side, size))
        front = split
    return Blend(tuple(vessels), 0.3 * min(v.radii_mm[0] for v in vessels))


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
