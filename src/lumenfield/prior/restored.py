"""The wall and its spread restored; separate because large grids are treated in blocks."""

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.levelset import gradient_norm, redistance
from lumenfield.levelset.blockwise import blocks_of, redistance_blockwise
from lumenfield.levelset.carry import carry_from_wall

__all__ = ["restored_wall"]

_BAND = 5.0
_LARGE = 1 << 23

Grid = NDArray[np.floating]


def restored_wall(
    distance: Grid, spread: Grid, spacing: tuple[float, ...], *, edited: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Restore |∇φ| = 1, and give every voxel the spread at the wall point closest to it.

    What has that slope in the band already, as a refined wall does, stays as it is: each new
    distance moves the wall by a few thousandths of a voxel, where it turns sharply by more.

    In a large grid that goes for the band of five voxels about the wall; beyond it the spread
    stays as it is, and the distance is less exact: see `redistance_blockwise`.

    Args:
        edited: whether parts of the lumen were taken out, so that φ is no distance beside them.

    Returns:
        Distance and spread, mm.
    """
    if distance.size <= _LARGE:
        wall = _fields(distance)
        if edited or not _is_distance(wall, spacing):
            wall = redistance(wall, spacing, band=_BAND)
        return wall[0, 0].numpy(), carry_from_wall(_fields(spread), wall, spacing)[0, 0].numpy()
    grid = torch.as_tensor(np.ascontiguousarray(distance))[None, None]
    wall = redistance_blockwise(grid, spacing, band=_BAND)
    extended = np.array(spread, dtype=np.float32)
    for core, box, within in blocks_of(distance.shape, spacing, band=_BAND):
        part = wall[(slice(None), slice(None), *box)]
        near = part.abs() < _BAND * max(spacing)
        if bool(near.any()):
            carried = carry_from_wall(_fields(spread[box]), part, spacing)
            kept = torch.where(near, carried, _fields(spread[box]))
            extended[core] = kept[0, 0][within].numpy()
    return wall[0, 0].numpy(), extended


def _is_distance(phi: torch.Tensor, spacing: tuple[float, ...]) -> bool:
    """Tell whether the slope within two voxels of the wall is one but for kinks, which are few."""
    off = (gradient_norm(phi, spacing) - 1).abs()[phi.abs() < 2 * max(spacing)]
    return off.numel() > 0 and bool(off.median() < 0.01) and bool(off.mean() < 0.04)


def _fields(values: Grid) -> torch.Tensor:
    return torch.as_tensor(np.ascontiguousarray(values, dtype=np.float32))[None, None]
