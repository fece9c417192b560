"""What no model of an edge holds, by radius and contrast; separate as it is data of another kind.

Flow beside the wall, texture, neighbours and a network's start together put walls of thin vessels
off by more than the linear posterior says. `drawn.toml`, which `benchmarks/segment_calibration.py`
writes, says by how much they were off on drawn scans, segmented from nothing.
"""

import functools
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from lumenfield.refinement.calibration import read_strata
from lumenfield.tensors import Fields, Tensor

__all__ = ["DoubtTable", "doubt_table", "drawn_doubt", "radius_near"]

_REACH = 6
"""Voxels from a wall within which its lumen's axis is looked for; the table ends there."""


@dataclass(frozen=True, eq=False)
class DoubtTable:
    """Standard deviation that joins σ_n in quadrature.

    Args:
        radii: of the lumen nearby, voxels, growing. contrasts: over noise, growing.
        doubts: voxels, radius × contrast; in between, linear in the radius and in the logarithm of
            the contrast.
        source: how it was made.
    """

    radii: NDArray[np.float64]
    contrasts: NDArray[np.float64]
    doubts: NDArray[np.float64]
    source: str


@functools.cache
def doubt_table() -> DoubtTable:
    """Read the table that comes with the package."""
    return DoubtTable(*read_strata("drawn.toml", "doubts"))


def drawn_doubt(distance: Fields, spacing: tuple[float, ...], contrast_to_noise: float) -> Tensor:
    """Give the doubt at each voxel, mm; constant beyond the table.

    Args:
        distance: mm. contrast_to_noise: at the edge.
    """
    table, contrast = doubt_table(), np.log(max(contrast_to_noise, 1e-3))
    doubts = [np.interp(contrast, np.log(table.contrasts), row) for row in table.doubts]
    radius = radius_near(distance, spacing).cpu().numpy()
    return torch.as_tensor(max(spacing) * np.interp(radius, table.radii, doubts)).to(distance)


def radius_near(distance: Fields, spacing: tuple[float, ...]) -> Tensor:
    """Find the greatest depth within six voxels, in the longest voxel edge; 0 far outside."""
    depth = (-distance / max(spacing)).clamp(min=0)
    pool = functional.max_pool2d if len(spacing) == 2 else functional.max_pool3d
    for axis in range(len(spacing)):
        size = tuple(2 * _REACH + 1 if a == axis else 1 for a in range(len(spacing)))
        depth = pool(depth, size, stride=1, padding=tuple(n // 2 for n in size))
    return depth
