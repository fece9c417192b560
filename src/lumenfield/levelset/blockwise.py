"""Signed distances of grids too large to restore at once; separate because they are cut up."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
import torch

from lumenfield.levelset.redistance import redistance
from lumenfield.tensors import Fields, Tensor

__all__ = ["blocks_of", "redistance_blockwise"]

_STRIDE = 3
"""Every third voxel along an axis carries the wall point that those about it take beyond the
band; a band of four voxels holds some on either side of the wall."""

_STEEP = 0.9


def redistance_blockwise(
    phi: Fields, spacing: tuple[float, ...], *, band: float = 4.0, block: int = 80
) -> Tensor:
    """Restore |∇φ| = 1 as `redistance` does, holding little more than the answer.

    In the band it is `redistance` of blocks that overlap. Beyond, a voxel takes its distance to
    the wall point that is closest to a voxel of a coarser grid beside it: a tenth of a voxel too
    far on average, and two at worst, near medial sheets.

    Args:
        phi: 1 × 1 × grid, of any floating type; only its zero level matters.
        band: half-width in units of the longest voxel edge.
        block: voxels along the edge of a block.

    Returns:
        float32, mm, of the shape of `phi`.
    """
    grid = phi[0, 0]
    width = band * max(spacing)
    far = math.hypot(*(n * h for n, h in zip(grid.shape, spacing, strict=True)))
    result = torch.full(grid.shape, torch.inf)
    for core, box, within in blocks_of(tuple(grid.shape), spacing, band=band, block=block):
        part = grid[box].float()
        inside = part < 0
        if bool(inside.any()) and not bool(inside.all()):
            near = redistance(part[None, None], spacing, band=band, far="clip")[0, 0][within]
            result[core] = torch.where(near.abs() < width, near, torch.inf)
    _fill_beyond(result, grid, spacing, width, far)
    return result[None, None]


def blocks_of(
    shape: tuple[int, ...], spacing: tuple[float, ...], *, band: float, block: int = 80
) -> Iterator[tuple[tuple[slice, ...], ...]]:
    """Cut a grid up: give each block, the box that reaches a band further, the block in that box.

    Args:
        band: in units of the longest voxel edge; four voxels are added.
        block: voxels along the edge of a block.
    """
    halo = [math.ceil(band * max(spacing) / h) + 4 for h in spacing]
    for start in itertools.product(*(range(0, n, block) for n in shape)):
        stop = [min(a + block, n) for a, n in zip(start, shape, strict=True)]
        low = [max(0, a - w) for a, w in zip(start, halo, strict=True)]
        high = [min(n, b + w) for b, n, w in zip(stop, shape, halo, strict=True)]
        yield (
            tuple(slice(a, b) for a, b in zip(start, stop, strict=True)),
            tuple(slice(a, b) for a, b in zip(low, high, strict=True)),
            tuple(slice(a - c, b - c) for a, b, c in zip(start, stop, low, strict=True)),
        )


def _fill_beyond(
    result: Tensor, grid: Tensor, spacing: tuple[float, ...], width: float, far: float
) -> None:
    """Give every voxel that has no distance yet one with the sign of the grid, in place."""
    feet = _feet(result, spacing, width)
    for k in range(len(result)):
        rest = torch.isinf(result[k])
        at = rest.nonzero()
        if len(at) == 0:
            continue
        inside = grid[k][rest] < 0
        if feet is None:
            distance = torch.full((len(at),), far)
        else:
            voxel = torch.cat([torch.full((len(at), 1), k), at], dim=1)
            last = torch.tensor(feet.shape[:-1]) - 1
            beside = torch.minimum((voxel + _STRIDE // 2) // _STRIDE, last)
            gap = voxel * torch.tensor(spacing) - feet[tuple(beside.T)]
            distance = gap.norm(dim=-1).clamp(min=width, max=far)
        result[k][rest] = torch.where(inside, -distance, distance)


def _feet(result: Tensor, spacing: tuple[float, ...], width: float) -> Tensor | None:
    """Wall point (mm) nearest to each voxel of the coarser grid; none where there is no wall."""
    from scipy.ndimage import distance_transform_edt

    coarse = result[tuple(slice(None, None, _STRIDE) for _ in spacing)]
    known = coarse.abs() < width - 1.05 * max(spacing)
    if not bool(known.any()):
        return None
    voxels = known.nonzero() * _STRIDE
    normal = torch.stack([_slope(result, voxels, axis, h) for axis, h in enumerate(spacing)], -1)
    # Beside a medial sheet the slope is short, and points nowhere.
    steep = normal.norm(dim=-1) > _STEEP
    known[known.clone()] = steep
    voxels, normal = voxels[steep], torch.nn.functional.normalize(normal[steep], dim=-1)
    if len(voxels) == 0:
        return None
    feet = torch.zeros(*coarse.shape, len(spacing))
    feet[known] = voxels * torch.tensor(spacing) - coarse[known][:, None] * normal
    where = distance_transform_edt(
        ~known.numpy(),
        sampling=[h * _STRIDE for h in spacing],
        return_distances=False,
        return_indices=True,
    )
    nearest = feet[tuple(torch.from_numpy(np.asarray(axis, dtype=np.int64)) for axis in where)]
    return _passed_on(nearest, spacing)


def _passed_on(feet: Tensor, spacing: tuple[float, ...]) -> Tensor:
    """Let each voxel of the coarser grid take its neighbours' wall points where they are closer."""
    axes = [_STRIDE * h * torch.arange(n) for n, h in zip(feet.shape, spacing, strict=False)]
    place = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1)
    held = (place - feet).norm(dim=-1)
    for axis in 2 * tuple(range(len(spacing))):
        n = feet.shape[axis]
        for source, target in ((0, 1), (1, 0)):
            offer = feet.narrow(axis, source, n - 1).clone()
            to = place.narrow(axis, target, n - 1)
            gap = (to - offer).norm(dim=-1)
            wins = gap < held.narrow(axis, target, n - 1)
            held.narrow(axis, target, n - 1)[wins] = gap[wins]
            feet.narrow(axis, target, n - 1)[wins] = offer[wins]
    return feet


def _slope(result: Tensor, voxels: Tensor, axis: int, h: float) -> Tensor:
    step = torch.zeros(voxels.shape[1], dtype=torch.long)
    step[axis] = 1
    last = torch.tensor(result.shape) - 1
    after, before = torch.minimum(voxels + step, last), (voxels - step).clamp(min=0)
    length = h * (after - before)[:, axis].clamp(min=1)
    slope = (result[tuple(after.T)] - result[tuple(before.T)]) / length
    return slope.nan_to_num(nan=0.0, posinf=0.0, neginf=0.0)
