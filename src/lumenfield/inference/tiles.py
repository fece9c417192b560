"""Large grids in overlapping tiles, blended by a Gaussian; sees tensors only."""

import functools
import itertools
import math
from collections.abc import Callable, Iterator

import torch

from lumenfield.tensors import Fields, Tensor

__all__ = ["Box", "Tiling", "tile_starts", "tiled"]

Box = tuple[slice, ...]
"""Where a tile lies in the grid."""

_WIDTH = 0.125
"""Standard deviation of the blending weight as a share of the tile, as nnU-Net has it."""

_LEAST = 1e-3
"""Weight at a tile's far corner, so that no voxel divides by zero."""


class Tiling:
    """A cover of a grid by tiles of one size, with shares that add up to one at every voxel.

    A share is a Gaussian about the tile's centre, over the sum of all that reach the voxel.
    """

    def __init__(self, shape: tuple[int, ...], tile: tuple[int, ...], overlap: float) -> None:
        self.shape = shape
        self.size = tuple(min(t, n) for t, n in zip(tile, shape, strict=True))
        self.starts = list(tile_starts(shape, self.size, overlap))

    def __len__(self) -> int:
        return len(self.starts)

    def box(self, number: int) -> Box:
        """Give the place of a tile."""
        at = zip(self.starts[number], self.size, strict=True)
        return tuple(slice(start, start + size) for start, size in at)

    def share(self, number: int) -> Tensor:
        """Give the part of each of its voxels that is a tile's own, on the grid of the tile."""
        start = self.starts[number]
        offsets = (tuple(b - a for a, b in zip(start, other, strict=True)) for other in self.starts)
        near = [o for o in offsets if all(abs(d) < n for d, n in zip(o, self.size, strict=True))]
        return _share(self.size, frozenset(near))


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
    tiling = Tiling(tuple(image.shape[2:]), tile, overlap)
    if len(tiling) == 1:
        result = function(image)[:, :1].float()
        tick(1, 1)
        return result
    total = torch.zeros_like(image[:, :1], dtype=torch.float32)
    for number in range(len(tiling)):
        box = (slice(None), slice(None), *tiling.box(number))
        share = tiling.share(number).to(image.device)
        total[box] += share * function(image[box])[:, :1].float()
        tick(number + 1, len(tiling))
    return total


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


@functools.lru_cache(maxsize=32)
def _share(size: tuple[int, ...], offsets: frozenset[tuple[int, ...]]) -> Tensor:
    """Divide a tile's weight by the sum of its own and those of its neighbours at `offsets`."""
    weight = _gaussian(size)
    total = torch.zeros(size)
    for offset in offsets:
        here, there = [], []
        for d, n in zip(offset, size, strict=True):
            here.append(slice(max(0, d), min(n, n + d)))
            there.append(slice(max(0, -d), min(n, n - d)))
        total[tuple(here)] += weight[tuple(there)]
    return weight / total


@functools.lru_cache(maxsize=4)
def _gaussian(tile: tuple[int, ...]) -> Tensor:
    weight = torch.ones(tile)
    for axis, n in enumerate(tile):
        at = (torch.arange(n) - (n - 1) / 2) / (_WIDTH * n)
        line = torch.exp(-(at**2) / 2)
        weight = weight * line.reshape([n if a == axis else 1 for a in range(len(tile))])
    return weight.clamp(min=_LEAST)
