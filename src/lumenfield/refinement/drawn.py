"""What no model of an edge holds, by radius and contrast; separate as it is data of another kind.

Flow beside the wall, texture, neighbours and a network's start together put walls of thin vessels
off by more than the linear posterior says. `drawn.toml`, which `benchmarks/segment_calibration.py`
writes, says by how much they were off on drawn scans, segmented from nothing.
"""

import functools

import numpy as np
import torch

from lumenfield.refinement.calibration import SpreadTable, read_table
from lumenfield.refinement.tissue import widest
from lumenfield.tensors import Fields, Tensor

__all__ = ["doubt_table", "drawn_doubt", "radius_near"]

_REACH = 6
"""Voxels from a wall within which its lumen's axis is looked for; the table ends there."""


@functools.cache
def doubt_table() -> SpreadTable:
    """Read the table that comes with the package: standard deviations, voxels."""
    return read_table("drawn.toml", "doubts")


def drawn_doubt(distance: Fields, spacing: tuple[float, ...], contrast_to_noise: float) -> Tensor:
    """Give the doubt at each voxel, mm; linear in the radius, constant beyond the table.

    Args:
        distance: mm. contrast_to_noise: at the edge.
    """
    table, radius = doubt_table(), radius_near(distance, spacing).cpu().numpy()
    doubt = np.interp(radius, table.radii, table.along_radii(contrast_to_noise))
    return torch.as_tensor(max(spacing) * doubt).to(distance)


def radius_near(distance: Fields, spacing: tuple[float, ...]) -> Tensor:
    """Find the greatest depth within six voxels, in the longest voxel edge; 0 far outside."""
    depth = (-distance / max(spacing)).clamp(min=0)
    for axis in range(2, depth.ndim):
        depth = widest(depth, axis, _REACH)
    return depth
