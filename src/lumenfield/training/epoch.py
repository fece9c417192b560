"""One epoch: learn from the next batches until it ends or something ends it."""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lumenfield.data.batch import Batch
from lumenfield.training.config import TrainingConfig
from lumenfield.training.learner import Learner
from lumenfield.training.progress import Progress, save_batches
from lumenfield.training.schedule import learning_rate
from lumenfield.training.step import learn

__all__ = ["Epoch", "learn_epoch"]

MOST_FAULTS = 3
"""Batches in a row whose loss may fail to be finite before the run stops."""


@dataclass(frozen=True)
class Epoch:
    """What an epoch did.

    Args:
        losses: one a step, NaN where the step was skipped.
        rate: of the last step.
        faults: steps skipped in a row, up to its end.
        stopped: why the run ends with it; empty if it goes on.
    """

    losses: tuple[float, ...]
    rate: float
    faults: int
    stopped: str = ""

    @property
    def good(self) -> tuple[float, ...]:
        """The losses of the steps that were taken."""
        return tuple(loss for loss in self.losses if math.isfinite(loss))


def learn_epoch(
    config: TrainingConfig,
    learner: Learner,
    stream: Iterator[Batch],
    progress: Progress,
    folder: Path,
    clock: Callable[[], float],
) -> Epoch:
    """Learn from the next batches until the epoch, the time or the stream ends, or it fails."""
    began, rate, faults = clock(), 0.0, progress.faults
    losses: list[float] = []
    for step in range(progress.step, progress.step + config.steps_per_epoch):
        minutes = progress.minutes + (clock() - began) / 60
        if config.max_minutes is not None:
            minutes = learner.processes.first(minutes)
        if minutes >= (config.max_minutes or math.inf):
            break
        batches = tuple(itertools.islice(stream, config.accumulate))
        # Processes whose shares differ by a batch end together.
        if learner.processes.total(float(len(batches) < config.accumulate))[0]:
            return Epoch(tuple(losses), rate, faults, f"the batches ended after {step} steps")
        rate = learning_rate(config, step=step, cuts=progress.cuts, minutes=minutes)
        loss = learn(config, learner, batches, step=step, rate=rate)
        losses.append(loss)
        faults = 0 if math.isfinite(loss) else faults + 1
        if faults:
            kept = save_batches(folder, batches, step, learner.processes.rank)
        if faults >= MOST_FAULTS:
            names = ", ".join(name for batch in batches for name in batch.names)
            fault = f"{faults} losses in a row not finite, last on {names}, kept in {kept.name}"
            return Epoch(tuple(losses), rate, faults, fault)
    return Epoch(tuple(losses), rate, faults)
