"""Anatomies turned, swayed and put somewhere; separate because all named ones are put alike."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lumenfield.geometry import Ball, Blend, Moved, Solid, Union, Vessel
from lumenfield.synthesis.draws import Draw

__all__ = ["mapped", "placed", "places", "turned", "unit"]

Move = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""A map of points, `n ndim`."""


def placed(draw: Draw, solid: Solid, extent: NDArray[np.float64], sway: float = 0.3) -> Solid:
    """Sway vessels, turn them anyhow and bring some place of theirs into the field of view.

    All vessels sway in one smooth wave, so that those which join still do.

    Args:
        sway: greatest slope of the wave.
    """
    ndim, points = extent.size, places(solid)
    length = float(extent.max()) * draw.uniform((0.7, 2.0))
    slope, phase = draw.uniform((0.0, sway)), draw.uniform((0.0, 2 * math.pi))
    along, aside, turn = unit(draw, ndim), unit(draw, ndim), turned(draw, ndim)
    focus = points[draw.whole((0, len(points) - 1))]
    focus = focus + draw.uniform((0.0, 1.0)) * (points.mean(0) - focus)
    centre = np.array([draw.uniform((-0.2, 0.2)) for _ in range(ndim)]) * extent
    height = slope * length / (2 * math.pi)

    def move(x: NDArray[np.float64]) -> NDArray[np.float64]:
        wave = np.sin(2 * math.pi * (x @ along) / length + phase)
        return (x + height * wave[:, None] * aside - focus) @ turn.T + centre

    return mapped(solid, move)


def mapped(solid: Solid, move: Move) -> Solid:
    """Move the control points of vessels and the centres of balls; radii stay."""
    if isinstance(solid, Vessel):
        points = move(np.asarray(solid.points_mm))
        return replace(solid, points_mm=tuple(tuple(float(x) for x in p) for p in points))
    if isinstance(solid, Moved) and isinstance(solid.part, Ball):
        centre = move(np.asarray([solid.offset_mm]))[0]
        return replace(solid, offset_mm=tuple(float(x) for x in centre))
    if isinstance(solid, Blend | Union):
        return replace(solid, parts=tuple(mapped(part, move) for part in solid.parts))
    raise TypeError(f"{type(solid).__name__} has no control points")


def places(solid: Solid) -> NDArray[np.float64]:
    """All control points, `n ndim`; none of a solid that has no such points."""
    if isinstance(solid, Vessel):
        return np.asarray(solid.points_mm)
    if isinstance(solid, Blend | Union):
        found = [places(part) for part in solid.parts]
        return np.concatenate([f for f in found if len(f)])
    return np.empty((0, 0))


def turned(draw: Draw, ndim: int) -> NDArray[np.float64]:
    """An orthonormal basis, all equally likely, mirrored ones included.

    Source: Mezzadri, Notices AMS 54 (2007) 592.
    """
    basis, upper = np.linalg.qr(np.asarray(draw.normal(ndim * ndim)).reshape(ndim, ndim))
    return basis * np.sign(np.diag(upper))


def unit(draw: Draw, ndim: int) -> NDArray[np.float64]:
    """A direction, all equally likely."""
    vector = np.asarray(draw.normal(ndim))
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
