"""Endless training batches, nothing on disk; the number of workers never changes the samples.

Workers draw vessels and looks on the processor; the device that trains makes the images of them.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.context import BaseContext

import torch
from torch.utils.data import DataLoader, Dataset

from lumenfield.data.batch import Batch, joined
from lumenfield.levelset import redistance
from lumenfield.networks import Preprocessing
from lumenfield.spacing import voxel_mm
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.recipe import Recipe
from lumenfield.synthesis.sample import Plan, draw_plan
from lumenfield.synthesis.threads import one_thread
from lumenfield.tensors import Fields

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
        device: where images are made and batches are given, `cpu` or `cuda`. On a GPU the noise
            comes from the GPU's generator: the same each time there, but not as on a processor.
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
    device: str = "cpu"

    def __iter__(self) -> Iterator[Batch]:
        loader: DataLoader[Batch | list[_Drawn]] = DataLoader(
            _Batches(self),
            batch_size=None,
            sampler=_Counting(self.start, self.every),
            num_workers=self.workers,
            prefetch_factor=4 if self.workers else None,
            worker_init_fn=_one_thread if self.workers else None,
            multiprocessing_context=_context() if self.workers else None,
        )
        for made in loader:
            yield made if isinstance(made, Batch) else self._joined(made)

    def starting_at(self, first: int, every: int = 1) -> "SampleStream":
        """The same stream entered at a later batch, and only every so many of it."""
        return replace(self, start=first, every=every)

    def sample(self, index: int) -> Batch:
        """Draw sample `index` as a batch of one."""
        return self._imaged(self._drawn(index))

    def _drawn(self, index: int) -> "_Drawn":
        plan = draw_plan(self.recipe, self.seed, index, shape=self.shape)
        truth = None
        if self.distance:
            with one_thread():
                away = redistance(plan.phi, plan.spacing, band=DISTANCE_VOXELS, far="clip")
            truth = (away / voxel_mm(plan.spacing)).clamp(-DISTANCE_VOXELS, DISTANCE_VOXELS)
        return _Drawn(index, plan, truth)

    def _imaged(self, drawn: "_Drawn") -> Batch:
        with one_thread():
            image = self.preprocessing.normalise(drawn.plan.magnitude(self.device))
        if self.jitter:
            contrast, level = Draw(self.seed + 1, drawn.index).normal(2)
            image = image * math.exp(0.15 * contrast) + 0.2 * level
        target = (drawn.plan.phi.to(self.device) < 0).float()
        truth = None if drawn.distance is None else drawn.distance.to(self.device)
        return Batch(image, target, truth, (f"{self.recipe.name} {self.seed} {drawn.index}",))

    def _joined(self, drawn: "list[_Drawn]") -> Batch:
        return joined([self._imaged(one) for one in drawn])


def validation_cases(stream: SampleStream, count: int) -> tuple[Batch, ...]:
    """Draw the first samples of a stream, without jitter, as cases to validate on."""
    plain = replace(stream, jitter=False)
    return tuple(plain.sample(index) for index in range(count))


@dataclass(frozen=True, eq=False)
class _Drawn:
    """One sample that has no image yet; what a worker hands to a GPU."""

    index: int
    plan: Plan
    distance: Fields | None


class _Batches(Dataset[Batch | list[_Drawn]]):
    """Whole batches for a processor, plans for a GPU, which no worker may touch."""

    def __init__(self, stream: SampleStream) -> None:
        self.stream = stream

    def __getitem__(self, index: int) -> Batch | list[_Drawn]:
        n = self.stream.batch_size
        drawn = [self.stream._drawn(i) for i in range(index * n, index * n + n)]
        return self.stream._joined(drawn) if self.stream.device == "cpu" else drawn


class _Counting:
    """What a loader asks an endless source for: start, start + every, …"""

    def __init__(self, start: int, every: int) -> None:
        self.start, self.every = start, every

    def __iter__(self) -> Iterator[int]:
        return itertools.count(self.start, self.every)


def _context() -> BaseContext:
    """Start workers from a process that has done nothing but import.

    A fork of this one could hold a lock that another thread had taken.
    """
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _one_thread(worker: int) -> None:
    torch.set_num_threads(1)
