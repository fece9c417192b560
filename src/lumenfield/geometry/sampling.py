"""Solids onto grids; separate because only this knows voxels, and it makes any solid fast."""

import itertools
import math
from typing import Literal

import torch

from lumenfield.geometry.solid import Combination, Solid
from lumenfield.levelset.redistance import redistance
from lumenfield.tensors import Fields, Tensor

__all__ = ["grid_points", "sample_bound", "sample_distance"]

_BLOCK = 4
"""Voxels along the edge of a block that is tested, and skipped, as one."""

_STEEP = 1.25
"""Slope allowed of a solid's distance; bends and bulges reach a little above one."""


def sample_distance(
    solid: Solid,
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    *,
    band: float = 4.0,
    far: Literal["transform", "clip"] = "transform",
) -> Fields:
    """Put the true signed distance of a solid on a grid centred on the origin.

    Returns:
        1 × 1 × `shape`, mm, |∇φ| = 1 near the wall.
    """
    return redistance(sample_bound(solid, shape, spacing, band), spacing, band=band, far=far)


def sample_bound(
    solid: Solid, shape: tuple[int, ...], spacing: tuple[float, ...], band: float = 4.0
) -> Fields:
    """Put a solid's own distance on a grid, exact within the band and of the right sign beyond.

    Blocks of voxels whose centre lies further from the wall than the band and the block's own
    radius are filled with the value at the centre: their voxels cannot matter. The parts of a
    combination are sampled each for itself.
    """
    return _sampled(solid, shape, spacing, band * max(spacing))[None, None]


def _sampled(
    solid: Solid, shape: tuple[int, ...], spacing: tuple[float, ...], band_mm: float
) -> Tensor:
    if isinstance(solid, Combination):
        reach = band_mm + solid.reach_mm
        return solid.combined(
            torch.stack([_sampled(p, shape, spacing, reach) for p in solid.parts])
        )
    blocks = tuple(math.ceil(n / _BLOCK) for n in shape)
    voxel = torch.tensor(spacing, dtype=torch.float64)
    first = -(torch.tensor(shape) - 1) / 2 * voxel
    corner = torch.stack(_mesh([torch.arange(n) for n in blocks]), -1) * voxel * _BLOCK + first
    coarse = solid.distance((corner + (_BLOCK - 1) / 2 * voxel).float())
    radius = _BLOCK / 2 * float(voxel.norm())
    near = coarse.abs() < (band_mm + radius) * _STEEP
    inside = torch.tensor(list(itertools.product(range(_BLOCK), repeat=len(shape))))
    fine = solid.distance((corner[near][:, None] + inside * voxel).float())
    filled = coarse
    for axis in range(len(shape)):
        filled = filled.repeat_interleave(_BLOCK, axis)
    where = near.nonzero()[:, None] * _BLOCK + inside
    filled[tuple(where.reshape(-1, len(shape)).T)] = fine.reshape(-1)
    return filled[tuple(slice(n) for n in shape)].contiguous()


def grid_points(shape: tuple[int, ...], spacing: tuple[float, ...]) -> Tensor:
    """Voxel centres in mm of a grid centred on the origin, `*shape ndim`."""
    axes = [
        (torch.arange(n, dtype=torch.float64) - (n - 1) / 2) * h
        for n, h in zip(shape, spacing, strict=True)
    ]
    return torch.stack(_mesh(axes), -1).float()


def _mesh(axes: list[Tensor]) -> tuple[Tensor, ...]:
    return torch.meshgrid(*axes, indexing="ij")
