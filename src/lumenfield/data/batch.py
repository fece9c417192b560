"""What a network is trained on; separate so that training needs no files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch

from lumenfield.tensors import Fields

__all__ = ["Batch", "Seekable", "joined"]


@dataclass(frozen=True, eq=False)
class Batch:
    """Normalised images with their truth, all of one size.

    Args:
        image: float32, one channel, already normalised.
        target: float32, 1 in the lumen, 0 outside.
        distance: float32, voxels, negative in the lumen; for networks with a distance head.
        names: one a case, to say where a fault came from.
    """

    image: Fields
    target: Fields
    distance: Fields | None = None
    names: tuple[str, ...] = ()

    @property
    def truth(self) -> Fields:
        """The target, and the distance where known, as the channels of a network's output."""
        parts = [self.target] if self.distance is None else [self.target, self.distance]
        return torch.cat(parts, dim=1)

    def to(self, device: torch.device) -> "Batch":
        """Copy to a device."""
        distance = None if self.distance is None else self.distance.to(device)
        return Batch(self.image.to(device), self.target.to(device), distance, self.names)


@runtime_checkable
class Seekable(Protocol):
    """A stream of batches that can be entered anywhere without making those passed over."""

    def starting_at(self, first: int, every: int = 1) -> Iterable[Batch]:
        """Give batches first, first + every, first + 2·every … of the same stream."""


def joined(batches: Sequence[Batch]) -> Batch:
    """Make one batch of several of one size; it has a distance if each of them has."""
    distances = [batch.distance for batch in batches if batch.distance is not None]
    return Batch(
        torch.cat([batch.image for batch in batches]),
        torch.cat([batch.target for batch in batches]),
        torch.cat(distances) if len(distances) == len(batches) else None,
        tuple(name for batch in batches for name in batch.names),
    )
