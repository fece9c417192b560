"""Whether an error bar is true: z, and how often its intervals hold the truth."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.evaluation.undefined import Undefined
from lumenfield.evaluation.wall import WallErrors, interpolate
from lumenfield.spacing import voxel_mm

__all__ = ["LEVELS", "Intervals", "intervals"]

LEVELS = {"50": 0.6745, "68": 1.0, "90": 1.6449, "95": 1.96}
"""Per cent that an interval of so many standard deviations either way promises to hold."""


@dataclass(frozen=True)
class Intervals:
    """How an error bar fared along one wall.

    Args:
        z_mean, z_sd: of z = φ_true(x) / σ_n(x) over the predicted wall's area; 0 and 1 are right.
        coverage: per cent promised → share of the wall held; missed wall is not held.
    """

    z_mean: float
    z_sd: float
    coverage: dict[str, float]


def intervals(
    wall: WallErrors, spread: NDArray[np.float32] | None, spacing: tuple[float, ...]
) -> Intervals:
    """Compare signed wall errors with the spread they were given.

    Args:
        spread: σ_n, mm, on the grid.

    Raises:
        Undefined: there is no spread, or no wall was predicted.
    """
    if spread is None:
        raise Undefined("no spread was given")
    there = ~wall.missed
    if not there.any():
        raise Undefined("no wall was predicted")
    sigma = np.maximum(interpolate(spread, wall.points, spacing), 1e-12)
    z = wall.errors * voxel_mm(spacing) / sigma
    mean = float(np.average(z[there], weights=wall.weights[there]))
    variance = float(np.average((z[there] - mean) ** 2, weights=wall.weights[there]))
    held = {
        name: float(np.average((np.abs(z) <= width) & there, weights=wall.weights))
        for name, width in LEVELS.items()
    }
    return Intervals(mean, math.sqrt(variance), held)
