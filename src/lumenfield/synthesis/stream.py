"""Endless training batches, nothing on disk; the number of workers never changes the samples."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import torch
from torch.utils.data import DataLoader, Dataset

from lumenfield.data import Batch
from lumenfield.levelset import redistance
from lumenfield.networks import Preprocessing
from lumenfield.spacing import voxel_mm
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.recipe import Recipe
from lumenfield.synthesis.sample import draw_scene

__all__ = ["SampleStream", "validation_cases"]

DISTANCE_VOXELS = 5.0
"""Where the distance shown to a network is cut."""


@dataclass(frozen=True)
class SampleStream:
    """Batches without end; batch k holds samples k·n to k·n + n − 1 of the seed.

    Args:
        shape: voxels of each sample.
        batch_size: n.
        jitter: vary contrast and level after normalising, as another field of view would.
        distance: also give the distance in voxels, cut at ±5.
        workers: processes that draw ahead; 0 draws in this one.
        start: first batch; `every` that many after it comes the next.
    """

    recipe: Recipe
    seed: int
    shape: tuple[int, ...]
    batch_size: int = 2
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    jitter: bool = True
    distance: bool = False
    workers: int = 0
    start: int = 0
    every: int = 1

    def __iter__(self) -> Iterator[Batch]:
        loader: DataLoader[Batch] = DataLoader(
            _Batches(self),
            batch_size=None,
            sampler=_Counting(self.start, self.every),
            num_workers=self.workers,
            prefetch_factor=4 if self.workers else None,
            worker_init_fn=_one_thread if self.workers else None,
            multiprocessing_context="fork" if self.workers else None,
        )
        return iter(loader)

    def starting_at(self, first: int, every: int = 1) -> "SampleStream":
        """The same stream entered at a later batch, and only every so many of it."""
        return replace(self, start=first, every=every)

    def sample(self, index: int) -> Batch:
        """Draw sample `index` as a batch of one."""
        scene = draw_scene(self.recipe, self.seed, index, shape=self.shape)
        image = self.preprocessing.normalise(scene.magnitude)
        if self.jitter:
            contrast, level = Draw(self.seed + 1, index).normal(2)
            image = image * math.exp(0.15 * contrast) + 0.2 * level
        truth = None
        if self.distance:
            away = redistance(scene.phi, scene.spacing, band=DISTANCE_VOXELS, far="clip")
            truth = (away / voxel_mm(scene.spacing)).clamp(-DISTANCE_VOXELS, DISTANCE_VOXELS)
        name = f"{self.recipe.name} {self.seed} {index}"
        return Batch(image, (scene.phi < 0).float(), truth, (name,))


def validation_cases(stream: SampleStream, count: int) -> tuple[Batch, ...]:
    """Draw the first samples of a stream, without jitter, as cases to validate on."""
    plain = replace(stream, jitter=False)
    return tuple(plain.sample(index) for index in range(count))


class _Batches(Dataset[Batch]):
    def __init__(self, stream: SampleStream) -> None:
        self.stream = stream

    def __getitem__(self, index: int) -> Batch:
        n = self.stream.batch_size
        ones = [self.stream.sample(i) for i in range(index * n, index * n + n)]
        distances = [b.distance for b in ones if b.distance is not None]
        return Batch(
            torch.cat([b.image for b in ones]),
            torch.cat([b.target for b in ones]),
            torch.cat(distances) if distances else None,
            tuple(name for b in ones for name in b.names),
        )


class _Counting:
    """What a loader asks an endless source for: start, start + every, …"""

    def __init__(self, start: int, every: int) -> None:
        self.start, self.every = start, every

    def __iter__(self) -> Iterator[int]:
        return itertools.count(self.start, self.every)


def _one_thread(worker: int) -> None:
    torch.set_num_threads(1)
