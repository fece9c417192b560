"""Small boxes that hold the wall; separate because a vessel fills little of a scan."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "boxes_around", "ramp"]

_WORTHWHILE = 0.7
"""Cut a box if its parts, halos included, hold less than this share of it."""


@dataclass(frozen=True)
class Box:
    """A part of a grid: `start` to `stop` of each axis, after `halo` voxels were added."""

    start: tuple[int, ...]
    stop: tuple[int, ...]

    @property
    def slices(self) -> tuple[slice, ...]:
        """Index a grid with this."""
        return tuple(slice(a, b) for a, b in zip(self.start, self.stop, strict=True))

    @property
    def voxels(self) -> int:
        """Count of voxels."""
        return int(np.prod(np.subtract(self.stop, self.start)))


def boxes_around(wanted: NDArray[np.bool_], halo: int, max_voxels: int) -> tuple[Box, ...]:
    """Cover the wanted voxels with boxes that reach `halo` voxels further, largest first.

    A box is halved along its longest axis while that saves work or it is over `max_voxels`.
    """
    whole = _shrunk(wanted, (0,) * wanted.ndim, wanted.shape)
    if whole is None:
        return ()
    cores = _cut(wanted, whole, halo, max_voxels)
    boxes = [_grown(core, halo, wanted.shape) for core in cores]
    return tuple(sorted(boxes, key=lambda box: -box.voxels))


def ramp(box: Box, halo: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Weigh a box's voxels from near 0 at its faces to 1 inside; faces of the grid stay at 1."""
    weight = np.ones([1] * len(shape), dtype=np.float32)
    for axis, (a, b, n) in enumerate(zip(box.start, box.stop, shape, strict=True)):
        place = np.arange(b - a, dtype=np.float32)
        low = (place + 1) / (halo + 1) if a > 0 else np.inf
        high = (b - a - place) / (halo + 1) if b < n else np.inf
        line = np.minimum(np.ones_like(place), np.minimum(low, high)).astype(np.float32)
        weight = weight * line.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return weight


def _cut(wanted: NDArray[np.bool_], core: Box, halo: int, max_voxels: int) -> list[Box]:
    sides = np.subtract(core.stop, core.start)
    axis = int(sides.argmax())
    middle = core.start[axis] + int(sides[axis]) // 2
    low = _shrunk(wanted, core.start, _replaced(core.stop, axis, middle))
    high = _shrunk(wanted, _replaced(core.start, axis, middle), core.stop)
    parts = [part for part in (low, high) if part is not None]
    before = _grown(core, halo, wanted.shape).voxels
    after = sum(_grown(part, halo, wanted.shape).voxels for part in parts)
    too_large = before > max_voxels and sides[axis] > 2 * halo
    if sides[axis] < 2 or not (too_large or after < _WORTHWHILE * before):
        return [core]
    return [box for part in parts for box in _cut(wanted, part, halo, max_voxels)]


def _shrunk(wanted: NDArray[np.bool_], start: tuple[int, ...], stop: tuple[int, ...]) -> Box | None:
    inside = wanted[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    lows, highs = [], []
    for axis in range(wanted.ndim):
        others = tuple(k for k in range(wanted.ndim) if k != axis)
        found = np.flatnonzero(inside.any(axis=others))
        if len(found) == 0:
            return None
        lows.append(start[axis] + int(found[0]))
        highs.append(start[axis] + int(found[-1]) + 1)
    return Box(tuple(lows), tuple(highs))


def _grown(core: Box, halo: int, shape: tuple[int, ...]) -> Box:
    start = tuple(max(0, a - halo) for a in core.start)
    stop = tuple(min(n, b + halo) for b, n in zip(core.stop, shape, strict=True))
    return Box(start, stop)


def _replaced(values: tuple[int, ...], axis: int, value: int) -> tuple[int, ...]:
    return (*values[:axis], value, *values[axis + 1 :])
