"""Batches of a stream shown more than once, each time turned; separate from what draws them.

Where drawing a scan costs about as much as learning from it, a second look at it is nearly free.
"""

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from lumenfield.data.augment import draw_turn, turned
from lumenfield.data.batch import Batch, Seekable
from lumenfield.errors import InputError

__all__ = ["Repeated"]

APART = 32
"""Batches drawn between two showings of one; far enough apart for the weights to have moved."""


@dataclass(frozen=True)
class Repeated:
    """A stream whose every batch comes `showings` times, its orientation drawn anew each time.

    Showing k depends on (seed, k) alone, wherever the stream is entered. Until enough batches are
    drawn to look back on, the latest is shown again, so the first come more often. Each process of
    several repeats its own share.

    Args:
        showings: how often; 1 draws only the orientation.

    Raises:
        InputError: fewer than one showing.
    """

    stream: Seekable
    showings: int
    seed: int

    def __post_init__(self) -> None:
        if self.showings < 1:
            raise InputError(
                f"showings is {self.showings}", "it is at least 1", "set 1, or leave it out"
            )

    def __iter__(self) -> Iterator[Batch]:
        """Give every batch, from the first on."""
        return self.starting_at(0)

    def starting_at(self, first: int, every: int = 1) -> Iterator[Batch]:
        """Give showings first, first + every …

        What is still to come again is drawn first: up to `APART` · (showings − 1) batches.
        """
        rank, turn = first % every, first // every
        drawn = turn // self.showings
        oldest = max(drawn - APART * (self.showings - 1), 0)
        fresh = iter(self.stream.starting_at(rank + every * oldest, every))
        kept = deque(itertools.islice(fresh, drawn - oldest), APART * (self.showings - 1) + 1)
        for number in itertools.count(turn):
            showing = number % self.showings
            if showing == 0 or number == turn:
                kept.append(next(fresh))
            back = 1 + APART * showing
            shown = kept[-back] if back <= len(kept) else kept[-1]
            yield _turned(shown, self.seed * 1_000_003 + rank + every * number)


def _turned(batch: Batch, seed: int) -> Batch:
    """Flip axes, and swap those that are equally long."""
    size = tuple(batch.image.shape[2:])
    axes, flipped = draw_turn(size, torch.Generator().manual_seed(seed))
    distance = None if batch.distance is None else turned(batch.distance, axes, flipped)
    image, target = turned(batch.image, axes, flipped), turned(batch.target, axes, flipped)
    return Batch(image, target, distance, batch.names)
