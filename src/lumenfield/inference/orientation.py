"""Scans turned to one orientation; separate so that no answer depends on how a scan is stored."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume

__all__ = ["Turn", "turn_upright"]

_TILT = (0.0123, 0.0071, -0.0097)
"""Radians by which the frame is tilted, so that a scan at 45° has one nearest axis too."""


@dataclass(frozen=True)
class Turn:
    """A permutation of a grid's axes and then a reversal of some.

    Args:
        axes: the old axis that becomes each new one.
        flips: whether each new axis is reversed.
    """

    axes: tuple[int, ...]
    flips: tuple[bool, ...]

    def __call__(self, volume: Volume) -> Volume:
        """Turn a volume; every voxel keeps its place in the world."""
        affine = volume.affine.copy()
        affine[:3, : volume.ndim] = volume.affine[:3, list(self.axes)]
        values = volume.values.transpose(self.axes)
        for axis, (flip, n) in enumerate(zip(self.flips, values.shape, strict=True)):
            if flip:
                affine[:3, 3] += affine[:3, axis] * (n - 1)
                affine[:3, axis] *= -1
        return Volume(values[self._steps], affine)

    def back(self, turned: Volume, original: Volume) -> Volume:
        """Bring a turned volume back to the grid of the original."""
        return original.like(turned.values[self._steps].transpose(np.argsort(self.axes)))

    def stack_back(self, stack: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring a stack of turned grids back, its first axis left alone."""
        axes = (0, *(1 + np.argsort(self.axes)))
        return stack[(slice(None), *self._steps)].transpose(axes)

    @property
    def _steps(self) -> tuple[slice, ...]:
        return tuple(slice(None, None, -1 if flip else 1) for flip in self.flips)


def turn_upright(volume: Volume) -> Turn:
    """Find the turn that brings a grid's axes nearest to right, anterior and superior.

    Any of the 48 ways to store a scan gives the same upright grid; so do the 8 of an image.
    """
    unit = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    along = _tilted(unit)[:, : volume.ndim]
    ways = itertools.permutations(range(3), volume.ndim)
    # `way[i]` is the world axis that grid axis i runs along.
    best = max(ways, key=lambda way: sum(abs(along[w, i]) for i, w in enumerate(way)))
    axes = tuple(int(i) for i in np.argsort(best))
    return Turn(axes, tuple(bool(along[best[i], i] < 0) for i in axes))


def _tilted(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    for (a, b), angle in zip(((0, 1), (1, 2), (0, 2)), _TILT, strict=True):
        turn = np.eye(3)
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        columns = turn @ columns
    return columns
