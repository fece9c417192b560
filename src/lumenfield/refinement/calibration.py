"""Correction of the spread by what it was on drawn scans whose wall is known.

Separate as it is data: `calibration.toml`, which `benchmarks/refinement_calibration.py` writes.
"""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

__all__ = ["SpreadTable", "calibration", "read_strata", "spread_factor"]


@dataclass(frozen=True, eq=False)
class SpreadTable:
    """Factors on σ_n by the lumen's radius and the contrast over noise.

    Args:
        radii: voxels, growing. contrasts: over noise, growing.
        factors: radius × contrast; in between, linear in the logarithms.
        source: how it was made.
    """

    radii: NDArray[np.float64]
    contrasts: NDArray[np.float64]
    factors: NDArray[np.float64]
    source: str


@functools.cache
def calibration() -> SpreadTable:
    """Read the table that comes with the package."""
    return SpreadTable(*read_strata("calibration.toml", "factors"))


def read_strata(
    file: str, values: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], str]:
    """Read radii, contrasts, values by radius and contrast, and their source from a table here."""
    text = (resources.files("lumenfield.refinement") / file).read_text("utf-8")
    table = tomllib.loads(text)
    radii, contrasts, found = (
        np.asarray(table[key], dtype=float) for key in ("radii", "contrasts", values)
    )
    return radii, contrasts, found, table["source"]


def spread_factor(radius: float, contrast_to_noise: float) -> float:
    """Give the factor that makes σ_n cover as often as it says; constant beyond the table.

    Args:
        radius: of the lumen, voxels.
    """
    table = calibration()
    along = [
        np.interp(np.log(max(contrast_to_noise, 1e-3)), np.log(table.contrasts), row)
        for row in table.factors
    ]
    return float(np.interp(np.log(max(radius, 1e-3)), np.log(table.radii), along))
