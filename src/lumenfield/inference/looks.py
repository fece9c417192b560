"""A scan looked at part by part, closely only where there may be a vessel; tensors only."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lumenfield.inference.boxes import (
    BLOCK,
    Blocks,
    Box,
    Room,
    blocks_of,
    boxes_about,
    opacity,
    seen_blocks,
)
from lumenfield.inference.level import lumen_level
from lumenfield.inference.readers import Reader
from lumenfield.inference.uncertainty import RunningMean, walls_apart
from lumenfield.inference.wide import add_wide
from lumenfield.tensors import Tensor

__all__ = ["Look", "Seen", "look"]

_LITTLE = 4
"""Margins along the longest edge of a scan that is looked at as a whole, with all means."""

_SURE = 2.0
"""Logit, less the level, that makes the first scale's word enough: the enlarged look loses some
lumens whole whose wall is thin (two of `choose`, Dice 0.87 and 0.96 kept)."""

Axes = tuple[int, ...]
Tick = Callable[[int, int], None]


@dataclass(frozen=True)
class Look:
    """How a scan is looked at.

    Args:
        scales: for each look the enlargement along each axis; the first is the scan's own.
        flips: axes to mirror, for each copy; the first is none. flips_enlarged: the same, for
            all scales but the first.
        spacing: mm.
        wide: the same for a look at half size, for wide vessels; empty for none.
        quiet: logit that a place stays below at first sight to be left at that.
        margin: voxels along each axis that networks are shown around a place.
        first, close: most voxels of a box at first sight, and of any other.
        multiple: what the networks want edges to be a multiple of.
    """

    scales: tuple[tuple[float, ...], ...]
    flips: tuple[Axes, ...]
    flips_enlarged: tuple[Axes, ...]
    spacing: tuple[float, ...]
    wide: tuple[float, ...]
    quiet: float
    margin: tuple[int, ...]
    first: int
    close: int
    multiple: int

    def cost(self, number: int) -> float:
        """Voxels that a network is shown at a scale for each voxel of the scan."""
        return math.prod(self.scales[number])

    def copies(self, number: int) -> tuple[Axes, ...]:
        """Give the axes to mirror at a scale."""
        return self.flips_enlarged if number else self.flips

    def room(self, number: int) -> Room:
        """Give what networks want around a place at a scale."""
        return Room(self.margin, self.close, self.scales[number], self.multiple)


@dataclass(frozen=True, eq=False)
class Seen:
    """What all looks say together, each 1 × 1 × grid.

    Args:
        logits: the largest over scales of the mean over networks and mirrored copies, less
            the level; lumen where positive.
        agreed: where every scale says lumen, or the first is sure.
        apart: mm, how far the walls of the copies lie apart, the largest over scales.
        level: logit above which a place is lumen (`level.py`).
    """

    logits: Tensor
    agreed: Tensor
    apart: Tensor
    level: float


def look(
    readers: Sequence[Reader],
    how: Look,
    empty: Callable[[], Tensor],
    tick: Tick = lambda done, total: None,
) -> Seen:
    """Look once everywhere, with all means where that sees anything, enlarged where those do.

    Where no vessel shows at the first scale, and none reaches in from where one does, nothing
    that another scale shows would be kept: there is no place in it that all agree on.

    Args:
        empty: makes a 1 × 1 × grid of zeros, of the type that sums are held in.
        tick: called with the share of the work that is done, as percent and 100.
    """
    first, apart = empty(), empty()
    quick = math.isfinite(how.quiet) and max(first.shape[2:]) > _LITTLE * max(how.margin)
    passes = sum(how.cost(k) * len(how.copies(k)) for k in range(len(how.scales)))
    count = _Count(passes + quick * how.cost(0), tick)
    where = np.ones([math.ceil(n / BLOCK) for n in first.shape[2:]], dtype=bool)
    if quick:
        _everywhere(readers, how, how.scales[0], first)
        count.add(how.cost(0))
        where = blocks_of(first[0, 0] > -how.quiet)
    _scale(readers, where, how, 0, first, apart, count)
    level = lumen_level(first)
    first -= level
    agreed, highest = first > 0, first
    for number in range(1, len(how.scales)):
        found, width = empty().copy_(first), empty()
        if quick:
            where = blocks_of(agreed[0, 0])
        _scale(readers, where, how, number, found, width, count, level)
        agreed &= found > 0
        highest = torch.maximum(highest, found, out=found)
        torch.maximum(apart, width, out=apart)
    if how.wide:
        wide = empty()
        _everywhere(readers, how, how.wide, wide)
        add_wide(highest, agreed, first, wide.sub_(level))
    agreed |= first > _SURE
    return Seen(highest, agreed, apart, level)


def _everywhere(
    readers: Sequence[Reader], how: Look, scale: tuple[float, ...], grid: Tensor
) -> None:
    """Paint over a grid what networks see at one look, not mirrored."""
    shape = tuple(grid.shape[2:])
    margin = tuple(round(m / min(1.0, s)) for m, s in zip(how.margin, scale, strict=True))
    room = Room(margin, how.first, scale, how.multiple)
    for box in boxes_about(np.ones([math.ceil(n / BLOCK) for n in shape], dtype=bool), shape, room):
        _paint(grid, box, _together(readers, box, scale, ((),)).mean.cpu(), how)


def _scale(
    readers: Sequence[Reader],
    where: Blocks,
    how: Look,
    number: int,
    total: Tensor,
    width: Tensor,
    count: "_Count",
    level: float = 0.0,
) -> None:
    """Paint over `total` the logits of a scale less a level, over `width` how far its walls part.

    Blocks are looked at if they are set, or if lumen reaches into them from one that was.
    """
    shape = tuple(total.shape[2:])
    work, share = how.cost(number) * len(how.copies(number)), 1.0
    seen = where.copy()
    while where.any():
        boxes, share = boxes_about(where, shape, how.room(number)), share / 2
        for box in boxes:
            sums = _together(readers, box, how.scales[number], how.copies(number))
            _paint(total, box, sums.mean.cpu() - level, how)
            _paint(width, box, walls_apart(sums, how.spacing).cpu(), how)
            seen[seen_blocks(box, shape, how.margin)] = True
            count.add(work * share / len(boxes))
        where = blocks_of(total[0, 0] > 0) & ~seen
        seen |= where
    count.add(work * share)


def _together(
    readers: Sequence[Reader], box: Box, scale: tuple[float, ...], copies: Sequence[Axes]
) -> RunningMean:
    """Read a box with all networks in mirrored copies."""
    sums = RunningMean()
    for axes in copies:
        for reader in readers:
            sums.add(reader.logits(box, scale, axes))
    return sums


def _paint(grid: Tensor, box: Box, part: Tensor, how: Look) -> None:
    """Paint a box over a grid, thinly towards its edges, so that no seam is left."""
    there = grid[(slice(None), slice(None), *box)]
    cover = opacity(box, tuple(grid.shape[2:]), how.margin)
    there += (cover * (part - there)).to(grid.dtype)


class _Count:
    """How much is done of all there is, told as it grows by a hundredth."""

    def __init__(self, total: float, tick: Tick) -> None:
        self.done, self.total, self.tick = 0.0, total, tick

    def add(self, more: float) -> None:
        before, self.done = round(100 * self.done / self.total), self.done + more
        percent = round(100 * self.done / self.total)
        if percent > before:
            self.tick(percent, 100)
