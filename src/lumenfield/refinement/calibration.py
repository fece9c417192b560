"""Correction of the spread by what it was on drawn scans whose wall is known.

Separate as it is data: `calibration.toml`, which `benchmarks/refinement_calibration.py` writes.
"""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray

__all__ = ["SpreadTable", "calibration", "read_table", "spread_factor"]


@dataclass(frozen=True, eq=False)
class SpreadTable:
    """What corrects σ_n, by the lumen's radius and the contrast over noise.

    Args:
        radii: voxels, growing. contrasts: over noise, growing.
        values: radius × contrast.
        source: how it was made.
    """

    radii: NDArray[np.float64]
    contrasts: NDArray[np.float64]
    values: NDArray[np.float64]
    source: str

    def along_radii(self, contrast_to_noise: float) -> NDArray[np.float64]:
        """Give the values at one contrast; linear in its logarithm, constant beyond the table."""
        at = np.log(max(contrast_to_noise, 1e-3))
        return np.array([np.interp(at, np.log(self.contrasts), row) for row in self.values])


@functools.cache
def calibration() -> SpreadTable:
    """Read the factors on σ_n that come with the package."""
    return read_table("calibration.toml", "factors")


def read_table(file: str, values: str) -> SpreadTable:
    """Read a table of the package.

    Args:
        values: the key that its values stand under.
    """
    text = (resources.files("lumenfield.refinement") / file).read_text("utf-8")
    table = tomllib.loads(text)
    radii, contrasts, found = (
        np.asarray(table[key], dtype=float) for key in ("radii", "contrasts", values)
    )
    return SpreadTable(radii, contrasts, found, table["source"])


def spread_factor(radius: float, contrast_to_noise: float) -> float:
    """Give the factor that makes σ_n cover as often as it says; constant beyond the table.

    Args:
        radius: of the lumen, voxels.
    """
    table = calibration()
    along = table.along_radii(contrast_to_noise)
    return float(np.interp(np.log(max(radius, 1e-3)), np.log(table.radii), along))
