"""Boxes about what may be a vessel, few voxels in all; separate because they are about cost."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.tensors import Tensor

__all__ = ["BLOCK", "Box", "Room", "blocks_of", "boxes_about", "opacity", "seen_blocks"]

Box = tuple[slice, ...]
"""Where a part lies in a grid."""

Blocks = NDArray[np.bool_]
"""One bit for each block of a grid."""

BLOCK = 8
"""Voxels along the edge of a block, in which places are counted."""

_PER_BOX = 30_000
"""Voxels that would take as long as it takes to begin a box at all."""


@dataclass(frozen=True)
class Room:
    """What a network wants around a place to judge it.

    Args:
        margin: voxels along each axis on either side, if the grid has them.
        most: voxels of a box.
        scale: enlargement along each axis, after which a network wants an edge to be a
            multiple of `multiple`.
    """

    margin: tuple[int, ...]
    most: int
    scale: tuple[float, ...]
    multiple: int

    def fitted(self, axis: int, n: int) -> NDArray[np.int_]:
        """Give for each length along an axis of `n` the next that a network wants."""
        lengths = np.arange(n + 1)
        fits = np.round(lengths * self.scale[axis]) % self.multiple == 0
        fits[n] = True
        return np.asarray(np.minimum.accumulate(np.where(fits, lengths, n)[::-1])[::-1])


def blocks_of(where: Tensor) -> Blocks:
    """Say which blocks of a grid of bits hold any."""
    found = where.numpy()
    for axis, n in enumerate(where.shape):
        found = np.logical_or.reduceat(found, range(0, n, BLOCK), axis=axis)
    return found


def boxes_about(blocks: Blocks, shape: tuple[int, ...], room: Room) -> list[Box]:
    """Cover the blocks that are set, each with its margin in some box, with few voxels in all.

    A box about all of them is cut where that saves most, again and again.
    """
    if not blocks.any():
        return []
    cost = _Cost(shape, room, tuple(room.fitted(axis, n) for axis, n in enumerate(shape)))
    parts = _cut(blocks, np.zeros(blocks.ndim, int), cost)
    return [
        tuple(
            cost.side(int(a), int(b), axis) for axis, (a, b) in enumerate(zip(*part, strict=True))
        )
        for part in parts
    ]


def opacity(box: Box, shape: tuple[int, ...], margin: tuple[int, ...]) -> Tensor:
    """Weigh the voxels of a box: one inside, falling to nothing over its margin.

    At the border of the grid nothing is beyond, and the weight stays one.
    """
    weight = torch.ones(())
    for side, n, m in zip(box, shape, margin, strict=True):
        at = torch.arange(side.start, side.stop) + 0.5
        before = (at - side.start) / m if side.start > 0 else torch.ones(len(at))
        after = (side.stop - at) / m if side.stop < n else torch.ones(len(at))
        weight = weight[..., None] * torch.minimum(before, after).clamp(max=1)
    return weight


def seen_blocks(box: Box, shape: tuple[int, ...], margin: tuple[int, ...]) -> Box:
    """Give the blocks that a box shows well: beyond half its margin."""
    sides = []
    for side, n, m in zip(box, shape, margin, strict=True):
        low = 0 if side.start == 0 else side.start + m // 2
        high = n + BLOCK - 1 if side.stop == n else side.stop - m // 2
        sides.append(slice(math.ceil(low / BLOCK), high // BLOCK))
    return tuple(sides)


@dataclass(frozen=True)
class _Cost:
    """Boxes about blocks along the axes of a grid; `fitted` as a room gives it, for each axis."""

    shape: tuple[int, ...]
    room: Room
    fitted: tuple[NDArray[np.int_], ...]

    def edge(self, low: NDArray[np.int_], high: NDArray[np.int_], axis: int) -> NDArray[np.int_]:
        """Count the voxels along an axis of boxes about the blocks from `low` up to `high`."""
        n, m = self.shape[axis], self.room.margin[axis]
        length = np.minimum(n, BLOCK * high + m) - np.maximum(0, BLOCK * low - m)
        return np.asarray(self.fitted[axis][length])

    def side(self, low: int, high: int, axis: int) -> slice:
        """Place such a box."""
        n, m = self.shape[axis], self.room.margin[axis]
        start, stop = max(0, BLOCK * low - m), min(n, BLOCK * high + m)
        length = int(self.fitted[axis][stop - start])
        start = max(0, min(start - (length - stop + start) // 2, n - length))
        return slice(start, start + length)


Part = tuple[NDArray[np.int_], NDArray[np.int_]]
"""First block along each axis, and the one after the last."""


def _cut(blocks: Blocks, at: NDArray[np.int_], cost: _Cost) -> Iterator[Part]:
    """Tighten a box about the set blocks of a part that begins `at`, and cut it where it pays."""
    low, high = _tight(blocks)
    blocks = blocks[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    low, high = at + low, at + high
    whole = math.prod(
        int(cost.edge(low[a : a + 1], high[a : a + 1], a)[0]) for a in range(len(low))
    )
    axis, place, halves = min(
        (_best_cut(blocks, low, axis, cost) for axis in range(blocks.ndim)), key=lambda c: c[2]
    )
    if max(blocks.shape) == 1 or (halves + _PER_BOX >= whole and whole <= cost.room.most):
        yield low, high
        return
    if halves + _PER_BOX >= whole:
        axis = int(np.argmax(high - low))
        place = (high - low)[axis] // 2
    before, after = np.split(blocks, [place], axis=axis)
    yield from _cut(before, low, cost)
    yield from _cut(after, low + place * (np.arange(len(low)) == axis), cost)


def _tight(blocks: Blocks) -> Part:
    lines = [_along(blocks, axis) for axis in range(blocks.ndim)]
    low = np.array([int(line.argmax()) for line in lines])
    return low, np.array([len(line) - int(line[::-1].argmax()) for line in lines])


def _along(blocks: Blocks, axis: int) -> Blocks:
    return np.asarray(blocks.any(axis=tuple(a for a in range(blocks.ndim) if a != axis)))


def _best_cut(
    blocks: Blocks, at: NDArray[np.int_], axis: int, cost: _Cost
) -> tuple[int, int, float]:
    """Give an axis, the block before which to cut it, and the voxels of both tight halves."""
    if blocks.shape[axis] == 1:
        return axis, 0, math.inf
    both = _tails(blocks, at, axis, cost) + _tails(blocks, at, axis, cost, backward=True)
    place = int(both.argmin())
    return axis, place + 1, float(both[place])


def _tails(
    blocks: Blocks, at: NDArray[np.int_], axis: int, cost: _Cost, backward: bool = False
) -> NDArray[np.int_]:
    """Count the voxels of a tight box about all before (or after) each cut of an axis."""
    n = blocks.shape[axis]
    line = _along(blocks, axis)
    numbers = np.arange(n)
    if backward:
        first = np.minimum.accumulate(np.where(line, numbers, n)[::-1])[::-1][1:]
        voxels = cost.edge(at[axis] + first, at[axis] + np.full(n - 1, n), axis)
    else:
        last = np.maximum.accumulate(np.where(line, numbers, -1))[:-1] + 1
        voxels = cost.edge(at[axis] + np.zeros(n - 1, int), at[axis] + last, axis)
    for other in range(blocks.ndim):
        if other != axis:
            rest = tuple(a for a in range(blocks.ndim) if a not in (axis, other))
            found = np.asarray(blocks.any(axis=rest))
            rows = found if axis < other else found.T
            grown = _grown(rows[::-1])[::-1][1:] if backward else _grown(rows)[:-1]
            low = grown.argmax(axis=1)
            high = grown.shape[1] - grown[:, ::-1].argmax(axis=1)
            voxels = voxels * cost.edge(at[other] + low, at[other] + high, other)
    return np.asarray(voxels)


def _grown(rows: Blocks) -> Blocks:
    return np.asarray(np.logical_or.accumulate(rows, axis=0))
