"""Control points of curves a vessel can follow, and the vessel that winds; each is one formula."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.geometry.vessel import Bulge, Vessel

__all__ = ["curved_vessel", "helix", "vessel_along"]


def vessel_along(
    points: NDArray[np.float64],
    radii: float | NDArray[np.float64],
    bulges: tuple[Bulge, ...] = (),
    ndim: int = 3,
) -> Vessel:
    """Make a vessel along `n 3` control points in mm; in the plane the third coordinate goes."""
    sizes = np.broadcast_to(np.asarray(radii, dtype=float), len(points))
    places = tuple(tuple(float(x) for x in p[:ndim]) for p in points)
    return Vessel(places, tuple(float(r) for r in sizes), bulges)


def curved_vessel(
    radius_mm: float,
    length_mm: float,
    curvature_per_mm: float = 0.0,
    bulges: tuple[Bulge, ...] = (),
    ndim: Literal[2, 3] = 3,
) -> Vessel:
    """Make a vessel of constant curvature, its middle at the origin and along the first axis.

    Raises:
        InputError: a bend tighter than the vessel is thick, or more than a full turn.
    """
    turn = curvature_per_mm * length_mm
    if abs(curvature_per_mm) * radius_mm >= 1 or abs(turn) > 2 * math.pi:
        raise InputError(
            f"curvature {curvature_per_mm}/mm over {length_mm} mm, radius {radius_mm} mm",
            "a vessel bends more gently than it is thick, and by one turn at most",
            "lessen the curvature",
        )
    along = np.linspace(-0.5, 0.5, max(7, 2 * math.ceil(abs(turn) / 0.3) + 1))
    if turn == 0:
        points = np.stack([along * length_mm, 0 * along, 0 * along], axis=1)
    else:
        swept = along * turn
        points = np.stack([np.sin(swept), 1 - np.cos(swept), 0 * swept], 1) / curvature_per_mm
    return vessel_along(points, radius_mm, bulges, ndim)


def helix(
    radius_mm: float,
    coil_mm: float,
    pitch_mm: float,
    turns: float = 3.0,
    bulges: tuple[Bulge, ...] = (),
    ndim: Literal[2, 3] = 3,
) -> Vessel:
    """Wind a vessel about the first axis; in the plane it is the helix's shadow, a wave.

    C(t) = (pitch·t, coil·cos 2πt, coil·sin 2πt), centred on the origin.

    Args:
        coil_mm: distance of the centreline from the axis.
        pitch_mm: advance in one turn.

    Raises:
        InputError: turns so close that they touch.
    """
    climb = math.hypot(pitch_mm, 2 * math.pi * coil_mm)
    gap = abs(pitch_mm) * 2 * math.pi * coil_mm / climb if coil_mm else math.inf
    if gap <= 2 * radius_mm and turns > 1:
        raise InputError(
            f"helix of radius {radius_mm} mm whose turns are {gap:.3g} mm apart",
            "turns lie further apart than the vessel is thick",
            "enlarge pitch_mm",
        )
    at = np.linspace(-turns / 2, turns / 2, max(9, math.ceil(16 * turns) + 1))
    swept = 2 * math.pi * at
    points = np.stack([pitch_mm * at, coil_mm * np.cos(swept), coil_mm * np.sin(swept)], axis=1)
    return vessel_along(points, radius_mm, bulges, ndim)
