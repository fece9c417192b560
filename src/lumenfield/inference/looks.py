"""A scan looked at tile by tile, closely only where there may be a vessel; tensors only."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch

from lumenfield.inference.readers import Reader
from lumenfield.inference.tiles import Box, Tiling
from lumenfield.inference.uncertainty import RunningMean, walls_apart
from lumenfield.tensors import Tensor

__all__ = ["Look", "Seen", "look"]

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
        quiet: logit that an empty tile stays below at first sight.
    """

    scales: tuple[tuple[float, ...], ...]
    flips: tuple[Axes, ...]
    flips_enlarged: tuple[Axes, ...]
    spacing: tuple[float, ...]
    quiet: float

    def cost(self, number: int) -> float:
        """Voxels that a network is shown at a scale for each voxel of the scan."""
        return math.prod(self.scales[number])

    def copies(self, number: int) -> tuple[Axes, ...]:
        """Give the axes to mirror at a scale."""
        return self.flips_enlarged if number else self.flips


@dataclass(frozen=True, eq=False)
class Seen:
    """What all looks say together, each 1 × 1 × grid.

    Args:
        logits: the largest over scales of the mean over networks and mirrored copies.
        agreed: where every scale says lumen.
        apart: mm, how far the walls of the copies lie apart, the largest over scales.
    """

    logits: Tensor
    agreed: Tensor
    apart: Tensor


def look(
    readers: Sequence[Reader],
    scout: Tiling,
    closes: Sequence[Tiling],
    how: Look,
    empty: Callable[[], Tensor],
    tick: Tick = lambda done, total: None,
) -> Seen:
    """Look once everywhere, with all means where that sees anything, enlarged where those do.

    Where no vessel shows at the first scale, and none reaches in from where one does, nothing
    that another scale shows would be kept: there is no place in it that all agree on.

    Args:
        scout: tiles of the first sight.
        closes: tiles of all others, of several sizes, the largest first. Each look takes those
            that hold the fewest voxels in all: small ones follow thin vessels more closely.
        empty: makes a 1 × 1 × grid of zeros, of the type that sums are held in.
        tick: called with the share of the work that is done, as percent and 100.
    """
    quick = len(closes[0]) > 1 and math.isfinite(how.quiet)
    passes = sum(how.cost(k) * len(how.copies(k)) for k in range(len(how.scales)))
    count = _Count((passes + quick * how.cost(0)) * len(readers), tick)
    close, wanted = closes[0], set(range(len(closes[0])))
    first, apart, base = empty(), empty(), None
    if quick:
        base = _first_sight(readers, scout, how, empty(), count)
        close, wanted = _cheapest(closes, base[0, 0] > -how.quiet)
    _scale(readers, close, how, 0, wanted, base, first, apart, count)
    del base
    agreed, highest = first > 0, first
    for number in range(1, len(how.scales)):
        found, width = empty(), empty()
        if math.isfinite(how.quiet):
            close, wanted = _cheapest(closes, agreed[0, 0])
        _scale(readers, close, how, number, wanted, first, found, width, count)
        agreed &= found > 0
        highest = torch.maximum(highest, found, out=found)
        torch.maximum(apart, width, out=apart)
    return Seen(highest, agreed, apart)


def _cheapest(closes: Sequence[Tiling], where: Tensor) -> tuple[Tiling, set[int]]:
    """Choose the tiles that reach all of `where`, a grid of bits, with the fewest voxels."""
    reached = [close.reached(where) for close in closes]
    voxels = [math.prod(t.size) * len(r) for t, r in zip(closes, reached, strict=True)]
    best = voxels.index(min(voxels))
    return closes[best], reached[best]


def _first_sight(
    readers: Sequence[Reader], scout: Tiling, how: Look, total: Tensor, count: "_Count"
) -> Tensor:
    """Blend the mean over networks of one plain look, in large tiles."""
    for number in range(len(scout)):
        box = scout.box(number)
        every = [reader.logits(box, how.scales[0], ()) for reader in readers]
        mean = torch.stack(every).mean(0).cpu()
        total[_inner(box)] += (scout.share(number) * mean).to(total.dtype)
        count.add(how.cost(0) * len(readers) / len(scout))
    return total


def _scale(
    readers: Sequence[Reader],
    close: Tiling,
    how: Look,
    number: int,
    wanted: Iterable[int],
    base: Tensor | None,
    total: Tensor,
    width: Tensor,
    count: "_Count",
) -> None:
    """Add to `total` the logits of one scale, and to `width` how far their walls lie apart.

    Tiles are looked at if wanted, or if lumen reaches into them from one that was. Elsewhere
    `total` is `base`, and where the two meet their tiles' shares blend them.
    """
    if base is not None:
        total.copy_(base)
    waiting, done = list(wanted), set(wanted)
    while waiting:
        tile = waiting.pop()
        box = close.box(tile)
        mean, apart = _together(readers, box, how, number)
        count.add(how.cost(number) * len(how.copies(number)) * len(readers) / len(close))
        share = close.share(tile)
        known = 0 if base is None else base[_inner(box)]
        total[_inner(box)] += (share * (mean - known)).to(total.dtype)
        width[_inner(box)] += (share * apart).to(width.dtype)
        for other, common in close.neighbours(tile):
            if other not in done and bool((mean[_inner(common)] > 0).any()):
                waiting.append(other)
                done.add(other)
    skipped = 1 - len(done) / len(close)
    count.add(skipped * how.cost(number) * len(how.copies(number)) * len(readers))


def _together(readers: Sequence[Reader], box: Box, how: Look, number: int) -> tuple[Tensor, Tensor]:
    """Give the mean over networks and mirrored copies, and how far apart their walls lie, mm."""
    sums = RunningMean()
    for axes in how.copies(number):
        for reader in readers:
            sums.add(reader.logits(box, how.scales[number], axes))
    return sums.mean.cpu(), walls_apart(sums, how.spacing).cpu()


def _inner(box: Box) -> tuple[slice, ...]:
    return (slice(None), slice(None), *box)


class _Count:
    """How much is done of all there is, told as it grows by a hundredth."""

    def __init__(self, total: float, tick: Tick) -> None:
        self.done, self.total, self.tick = 0.0, total, tick

    def add(self, more: float) -> None:
        before, self.done = round(100 * self.done / self.total), self.done + more
        percent = round(100 * self.done / self.total)
        if percent > before:
            self.tick(percent, 100)
