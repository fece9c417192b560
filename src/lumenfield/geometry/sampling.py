"""Solids onto grids; separate because only this knows voxels, and it makes any solid fast."""

import itertools
import math
from typing import Literal

import torch
from torch.nn import functional

from lumenfield.geometry.blocks import STEEP, Blocks
from lumenfield.geometry.solid import Solid
from lumenfield.levelset.redistance import redistance
from lumenfield.tensors import Fields, Tensor

__all__ = ["grid_points", "sample_bound", "sample_distance"]

_EDGES = (8, 4, 1)
"""Voxels along the edge of a block at each level; the last are the voxels themselves."""


def sample_distance(
    solid: Solid,
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    *,
    band: float = 4.0,
    far: Literal["transform", "clip"] = "transform",
) -> Fields:
    """Put the true signed distance of a solid on a grid centred on the origin.

    Args:
        band: half-width in the longest voxel edge within which it is exact.
        far: beyond the band, a distance transform to within about a voxel, or ± the band.

    Returns:
        1 × 1 × `shape`, mm, |∇φ| = 1 near the wall.
    """
    return redistance(sample_bound(solid, shape, spacing, band), spacing, band=band, far=far)


def sample_bound(
    solid: Solid, shape: tuple[int, ...], spacing: tuple[float, ...], band: float = 4.0
) -> Fields:
    """Put a solid's own distance on a grid, exact within the band and of the right sign beyond.

    From coarse blocks to fine ones: a block whose centre lies further from the wall than the band
    and the block's own radius is filled by interpolation between block centres, beyond the band on
    the side it is; the others are divided. What a solid knows of a block's neighbourhood spares it
    work inside.

    Args:
        band: half-width in the longest voxel edge.
    """
    voxel = torch.tensor(spacing, dtype=torch.float64)
    first = -(torch.tensor(shape) - 1) / 2 * voxel
    edge = _EDGES[0]
    sizes = [math.ceil(n / edge) for n in shape]
    every = torch.stack(_mesh([torch.arange(n) for n in sizes]), -1)
    values = solid.distance(_centres(every, edge, first, voxel))
    for finer in _EDGES[1:]:
        radius = (edge - 1) / 2 * float(voxel.norm())
        near = values.abs() < band * max(spacing) + STEEP * radius
        times = edge // finer
        parents = near.nonzero()
        inside = torch.tensor(list(itertools.product(range(times), repeat=len(shape))))
        children = parents[:, None] * times + inside
        blocks = Blocks(
            _centres(children, finer, first, voxel),
            _centres(parents, edge, first, voxel),
            (edge - finer) / 2 * float(voxel.norm()),
        )
        values = _refined(values, times, band * max(spacing))
        values[children.unbind(-1)] = solid.distance_in(blocks)
        edge = finer
    return values[tuple(slice(n) for n in shape)].contiguous()[None, None]


def _centres(blocks: Tensor, edge: int, first: Tensor, voxel: Tensor) -> Tensor:
    """Centres in mm of blocks numbered along each axis, `… ndim`."""
    return ((blocks * edge + (edge - 1) / 2) * voxel + first).float()


def _refined(values: Tensor, times: int, least: float) -> Tensor:
    """Interpolate between block centres; each block stays on its own side, beyond `least`."""
    sides = values
    for axis in range(values.ndim):
        sides = sides.repeat_interleave(times, axis)
    mode = {2: "bilinear", 3: "trilinear"}[values.ndim]
    smooth = functional.interpolate(values[None, None], scale_factor=times, mode=mode)[0, 0]
    return torch.where(sides > 0, smooth.clamp(min=least), smooth.clamp(max=-least))


def grid_points(shape: tuple[int, ...], spacing: tuple[float, ...]) -> Tensor:
    """Voxel centres in mm of a grid centred on the origin, `*shape ndim`."""
    axes = [
        (torch.arange(n, dtype=torch.float64) - (n - 1) / 2) * h
        for n, h in zip(shape, spacing, strict=True)
    ]
    return torch.stack(_mesh(axes), -1).float()


def _mesh(axes: list[Tensor]) -> tuple[Tensor, ...]:
    return torch.meshgrid(*axes, indexing="ij")
