"""Training from top to bottom: learn, validate, judge, save, say; apart from how each is done."""

import itertools
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from lumenfield.config import to_mapping
from lumenfield.data.batch import Batch
from lumenfield.errors import InputError
from lumenfield.networks import Checkpoint, Network, save_checkpoint
from lumenfield.training.config import TrainingConfig
from lumenfield.training.learner import (
    Learner,
    check_batches,
    deterministic,
    learn,
    make_learner,
    validate,
)
from lumenfield.training.patience import Verdict, judge
from lumenfield.training.processes import ALONE, Processes
from lumenfield.training.progress import (
    EpochRecord,
    Progress,
    load_state,
    refuse_taken,
    save_batches,
    save_state,
    start_folder,
)
from lumenfield.training.schedule import learning_rate

__all__ = ["Seekable", "train"]

MOST_FAULTS = 3
"""Batches in a row whose loss may fail to be finite before the run stops."""


@runtime_checkable
class Seekable(Protocol):
    """A stream of batches that can be entered anywhere without making those passed over."""

    def starting_at(self, first: int, every: int = 1) -> Iterable[Batch]:
        """Give batches first, first + every, first + 2·every … of the same stream."""


def train(
    config: TrainingConfig,
    batches: Iterable[Batch],
    validation: Sequence[Batch],
    *,
    folder: Path,
    start: Network | None = None,
    resume: bool = False,
    provenance: Mapping[str, Any] | None = None,
    processes: Processes = ALONE,
) -> Iterator[EpochRecord]:
    """Train a network, yielding one record an epoch; the folder always holds the run so far.

    Args:
        batches: endless, or long enough. Step k learns from the next `accumulate` batches, dealt
            to the processes in turn. A resumed run passes over those it has seen: cheaply if the
            stream is `Seekable`.
        validation: whole cases, never augmented, of any sizes.
        folder: gets config.json, history.csv, best.safetensors, last.safetensors and the state.
        start: weights to begin with instead of fresh ones; a resumed run has its own.
        resume: go on where the folder's run stopped, bit for bit if `config.deterministic`.
        provenance: plain values for the checkpoints: recipe, data, notes.
        processes: those that train together; the first writes the folder.

    Raises:
        InputError: nothing to validate on, a folder that is taken, none to resume, or a `start` of
            another plan.
    """
    if not validation:
        raise InputError("no validation cases", "the score of an epoch needs one", "give some")
    learner = make_learner(config, start, processes)
    if not resume and processes.writes:
        refuse_taken(folder)
    progress = load_state(folder, learner, config) if resume else Progress()
    stream = _checked(config, _from(batches, progress.step * config.accumulate, processes))
    if not resume and processes.writes:
        start_folder(folder, config)
    stopped = _spent(config, progress)
    while not stopped:
        began = time.monotonic()
        with deterministic(config.deterministic):
            epoch = _learn_epoch(config, learner, stream, progress, folder)
            score = validate(learner, validation)
        minutes = processes.first(progress.minutes + (time.monotonic() - began) / 60)
        waiting, verdict = judge(config.patience, progress.waiting, score)
        progress = replace(
            progress,
            step=progress.step + len(epoch.losses),
            minutes=minutes,
            cuts=progress.cuts + (verdict == "cut"),
            faults=epoch.faults,
            waiting=waiting,
            epochs=progress.epochs + 1,
        )
        stopped = epoch.stopped or _spent(config, progress)
        record = _record(progress, epoch, score, verdict, stopped)
        progress = replace(progress, records=(*progress.records, record))
        if processes.writes:
            _save(config, learner, progress, folder, provenance or {})
        processes.wait()
        yield record


@dataclass(frozen=True)
class _Epoch:
    losses: tuple[float, ...]
    rate: float
    faults: int
    stopped: str


def _learn_epoch(
    config: TrainingConfig,
    learner: Learner,
    stream: Iterator[Batch],
    progress: Progress,
    folder: Path,
) -> _Epoch:
    """Learn from the next batches until the epoch, the time or the stream ends, or it fails."""
    began, rate, faults = time.monotonic(), 0.0, progress.faults
    losses: list[float] = []
    for step in range(progress.step, progress.step + config.steps_per_epoch):
        minutes = progress.minutes + (time.monotonic() - began) / 60
        if config.max_minutes is not None:
            minutes = learner.processes.first(minutes)
        if minutes >= (config.max_minutes or math.inf):
            break
        batches = tuple(itertools.islice(stream, config.accumulate))
        # Processes whose shares differ by a batch end together.
        if learner.processes.total(float(len(batches) < config.accumulate))[0]:
            return _Epoch(tuple(losses), rate, faults, f"the batches ended after {step} steps")
        rate = learning_rate(config, step=step, cuts=progress.cuts, minutes=minutes)
        loss = learn(config, learner, batches, step=step, rate=rate)
        losses.append(loss)
        faults = 0 if math.isfinite(loss) else faults + 1
        if faults:
            kept = save_batches(folder, batches, step, learner.processes.rank)
        if faults >= MOST_FAULTS:
            names = ", ".join(name for batch in batches for name in batch.names)
            fault = f"{faults} losses in a row not finite, last on {names}, kept in {kept.name}"
            return _Epoch(tuple(losses), rate, faults, fault)
    return _Epoch(tuple(losses), rate, faults, "")


def _spent(config: TrainingConfig, progress: Progress) -> str:
    """Say which allowance is used up: patience, minutes or epochs; empty if none is."""
    if progress.waiting.waited >= config.patience.stop_after:
        return f"no better score for {progress.waiting.waited} epochs"
    if progress.minutes >= (config.max_minutes or math.inf):
        return f"{config.max_minutes:g} minutes are over"
    if progress.epochs >= config.max_epochs:
        return f"{config.max_epochs} epochs are done"
    return ""


def _record(
    progress: Progress, epoch: _Epoch, score: float, verdict: Verdict, stopped: str
) -> EpochRecord:
    good = [loss for loss in epoch.losses if math.isfinite(loss)]
    return EpochRecord(
        epoch=progress.epochs,
        step=progress.step,
        loss=sum(good) / len(good) if good else math.nan,
        score=score,
        best=score if progress.waiting.best is None else progress.waiting.best,
        learning_rate=epoch.rate,
        minutes=progress.minutes,
        verdict=verdict,
        skipped=len(epoch.losses) - len(good),
        stopped=stopped,
    )


def _save(
    config: TrainingConfig,
    learner: Learner,
    progress: Progress,
    folder: Path,
    provenance: Mapping[str, Any],
) -> None:
    record = progress.records[-1]
    versions = {name: version(name) for name in ("lumenfield", "torch")}
    origin = {
        **provenance,
        "training": to_mapping(config),
        "epoch": to_mapping(record),
        "versions": versions,
    }
    checkpoint = Checkpoint(learner.averaged, config.preprocessing, provenance=origin)
    if record.verdict == "improved":
        save_checkpoint(folder / "best.safetensors", checkpoint)
    save_checkpoint(folder / "last.safetensors", checkpoint)
    # Last: a run killed before this line does the same epoch again.
    save_state(folder, learner, progress, config)


def _checked(config: TrainingConfig, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Look at the first batches before a folder is made, and give them back in front."""
    stream = iter(batches)
    with deterministic(config.deterministic):
        first = tuple(itertools.islice(stream, config.accumulate))
    check_batches(config, first)
    return itertools.chain(first, stream)


def _from(batches: Iterable[Batch], step: int, processes: Processes) -> Iterable[Batch]:
    first, every = step * processes.count + processes.rank, processes.count
    if isinstance(batches, Seekable):
        return batches.starting_at(first, every)
    return itertools.islice(batches, first, None, every)
