"""Large grids in overlapping tiles, blended by a Gaussian; sees tensors only."""

import itertools
import math
from collections.abc import Callable, Iterator

import torch

from lumenfield.tensors import Fields, Tensor

__all__ = ["tile_starts", "tiled"]

_WIDTH = 0.125
"""Standard deviation of the blending weight as a share of the tile, as nnU-Net has it."""

_LEAST = 1e-3
"""Weight at a tile's far corner, so that no voxel divides by zero."""


def tiled(
    function: Callable[[Fields], Fields],
    image: Fields,
    tile: tuple[int, ...],
    *,
    overlap: float = 0.25,
    tick: Callable[[int, int], None] = lambda done, total: None,
) -> Fields:
    """Apply a function of a whole grid tile by tile.

    Every voxel is the mean over the tiles that hold it, weighted by a Gaussian about each tile's
    centre. A grid no larger than one tile is one tile, with no blending.

    Args:
        function: keeps the grid of what it is given; its first output channel is used.
        tile: voxels along each axis, cut to the grid.
        overlap: least share of a tile that it has in common with the next.
        tick: called with the tiles done and their number.

    Returns:
        float32, one channel, on the image's device.
    """
    size = tuple(min(t, n) for t, n in zip(tile, image.shape[2:], strict=True))
    places = list(tile_starts(tuple(image.shape[2:]), size, overlap))
    if len(places) == 1:
        result = function(image)[:, :1].float()
        tick(1, 1)
        return result
    weight = _gaussian(size).to(image.device)
    total = torch.zeros_like(image[:, :1], dtype=torch.float32)
    norm = torch.zeros(image.shape[2:], dtype=torch.float32, device=image.device)
    for done, place in enumerate(places, 1):
        inner = slice(None), slice(None)
        box = tuple(slice(p, p + s) for p, s in zip(place, size, strict=True))
        total[inner + box] += weight * function(image[inner + box])[:, :1].float()
        norm[box] += weight
        tick(done, len(places))
    return total.div_(norm)


def tile_starts(
    shape: tuple[int, ...], tile: tuple[int, ...], overlap: float
) -> Iterator[tuple[int, ...]]:
    """Give the first voxel of each tile, evenly spread so that all tiles have full size."""
    axes = []
    for n, t in zip(shape, tile, strict=True):
        step = max(1, math.floor(t * (1 - overlap)))
        count = 1 + math.ceil((n - t) / step)
        axes.append([round(i * (n - t) / max(1, count - 1)) for i in range(count)])
    return itertools.product(*axes)


def _gaussian(tile: tuple[int, ...]) -> Tensor:
    weight = torch.ones(tile)
    for axis, n in enumerate(tile):
        at = (torch.arange(n) - (n - 1) / 2) / (_WIDTH * n)
        line = torch.exp(-(at**2) / 2)
        weight = weight * line.reshape([n if a == axis else 1 for a in range(len(tile))])
    return weight.clamp(min=_LEAST)
