"""Values of a wall carried out along its normals; separate because speeds and error bars both are.

All take `batch channel *grid` tensors and one spacing for each grid axis.
"""

import torch
from torch.nn import functional

from lumenfield.levelset.stencils import gradient
from lumenfield.tensors import Fields

__all__ = ["carry_from_wall"]


def carry_from_wall(values: Fields, distance: Fields, spacing: tuple[float, ...]) -> Fields:
    """Give every voxel the value at the wall point closest to it, V(y) with y = x − φ∇φ/|∇φ|².

    Args:
        distance: φ, mm, signed, or nearly so; y is clamped to the grid.
    """
    slopes = gradient(distance, spacing)
    square = torch.stack([slope.square() for slope in slopes]).sum(0).clamp(min=0.25)
    grid, places = distance.shape[2:], []
    for axis, (n, h, slope) in enumerate(zip(grid, spacing, slopes, strict=True)):
        index = torch.arange(n, dtype=distance.dtype, device=distance.device)
        index = index.reshape([n if a == axis else 1 for a in range(len(grid))])
        place = index - (distance * slope / square / h)[:, 0]
        places.append(2 * place / max(n - 1, 1) - 1)
    # Sampling wants the last axis first.
    where = torch.stack(places[::-1], -1)
    return functional.grid_sample(values, where, padding_mode="border", align_corners=True)
