"""Pairs turned into batches for training and validation; separate from where pairs come from."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import torch

from lumenfield.data.augment import Augmentation, changed_patch, draw_change, draw_corner
from lumenfield.data.batch import Batch, joined
from lumenfield.data.pairs import Case, Pair, read_case
from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.spacing import voxel_mm
from lumenfield.tensors import Fields, Indices

__all__ = ["BatchConfig", "PairBatches", "whole_batches"]

Normalise: TypeAlias = Callable[[Fields], Fields]


@dataclass(frozen=True, eq=False)
class _Ready:
    """A case in memory, ready to be cut.

    Args:
        spacing: mm.
        lumen: n × ndim, indices of the lumen's voxels; found once, drawn from for every patch.
    """

    whole: Batch
    spacing: tuple[float, ...]
    lumen: Indices


Reader: TypeAlias = Callable[[int], _Ready]
"""A pair's number to its case."""


@dataclass(frozen=True)
class BatchConfig:
    """How batches are cut from cases.

    Args:
        patch: voxels along each axis; smaller scans are filled up by repeating their border.
        cached: cases kept in memory.

    Raises:
        InputError: a size, count or cache below one.
    """

    patch: tuple[int, ...] = (64, 64, 64)
    batch_size: int = 2
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0
    cached: int = 64

    def __post_init__(self) -> None:
        if min(*self.patch, self.batch_size, self.cached) < 1 or len(self.patch) not in (2, 3):
            raise InputError(
                f"patch {self.patch}, batch_size {self.batch_size}, cached {self.cached}",
                "a patch has two or three sides, and each number is at least 1",
                "take for example patch (64, 64, 64) and batch_size 2",
            )


@dataclass(frozen=True)
class PairBatches:
    """An endless stream of batches; example i of it depends on (seed, i) alone.

    Args:
        normalise: brings a whole scan to the values a network expects.

    Raises:
        InputError: no pairs.
    """

    pairs: tuple[Pair, ...]
    normalise: Normalise
    config: BatchConfig = field(default_factory=BatchConfig)

    def __post_init__(self) -> None:
        if not self.pairs:
            raise InputError("no pairs", "training needs one or more", "give some")

    def __iter__(self) -> Iterator[Batch]:
        """Give every batch, from the first on."""
        return self.starting_at(0)

    def starting_at(self, first: int, every: int = 1) -> Iterator[Batch]:
        """Give batches first, first + every … without making those between.

        Raises:
            InputError: a case whose number of axes is not the patch's.
        """
        read = lru_cache(self.config.cached)(self._read)
        size = self.config.batch_size
        for number in itertools.count(first, every):
            yield joined([self._example(number * size + k, read) for k in range(size)])

    def _read(self, number: int) -> _Ready:
        case = read_case(self.pairs[number])
        patch = self.config.patch
        if case.magnitude.ndim != len(patch):
            raise InputError(
                f"{case.name} is {case.magnitude.ndim}-D",
                f"patches are {'×'.join(map(str, patch))}",
                f"give a patch with {case.magnitude.ndim} sides",
            )
        whole = _whole(case, self.normalise)
        return _Ready(whole, case.magnitude.spacing, whole.target[0, 0].nonzero().int())

    def _example(self, index: int, read: Reader) -> Batch:
        generator = torch.Generator().manual_seed(self.config.seed * 1_000_003 + index)
        case = read(int(torch.randint(len(self.pairs), (1,), generator=generator)))
        whole, patch = case.whole, self.config.patch
        corner = draw_corner(case.lumen, tuple(whole.image.shape[2:]), patch, generator)
        change = draw_change(self.config.augmentation, patch, generator)
        image, truth = changed_patch(change, whole.image, whole.truth, corner, patch, case.spacing)
        distance = truth[:, 1:] if whole.distance is not None else None
        return Batch(image, truth[:, :1], distance, whole.names)


def whole_batches(pairs: Sequence[Pair], normalise: Normalise) -> tuple[Batch, ...]:
    """Make one batch of each whole case, unchanged, to validate on."""
    return tuple(_whole(read_case(pair), normalise) for pair in pairs)


def _whole(case: Case, normalise: Normalise) -> Batch:
    """Normalise a case; its distance goes from mm to voxels of the same volume, where known."""
    distance = None
    if case.distance is not None and case.voxel_known:
        distance = _fields(case.distance) / voxel_mm(case.distance.spacing)
    image = normalise(_fields(case.magnitude))
    return Batch(image, (_fields(case.mask) != 0).float(), distance, (case.name,))


def _fields(volume: Volume) -> Fields:
    return torch.from_numpy(np.array(volume.values, dtype=np.float32))[None, None]
