"""Training from top to bottom: learn, validate, judge, save, say; apart from how each is done."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lumenfield.config import to_mapping
from lumenfield.data.batch import Batch
from lumenfield.errors import InputError
from lumenfield.networks import Checkpoint, Network, save_checkpoint
from lumenfield.training.chance import deterministic
from lumenfield.training.config import TrainingConfig
from lumenfield.training.epoch import Epoch, learn_epoch
from lumenfield.training.feed import fed
from lumenfield.training.learner import Learner, make_learner
from lumenfield.training.patience import Verdict, Waiting, judge
from lumenfield.training.processes import ALONE, Processes
from lumenfield.training.progress import (
    EpochRecord,
    Progress,
    load_state,
    refuse_taken,
    save_state,
    start_folder,
)
from lumenfield.training.validation import validate

__all__ = ["train"]


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
    clock: Callable[[], float] = time.monotonic,
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
        clock: seconds, for the minutes of records and budget; `time.process_time` on a machine
            that others use too.

    Raises:
        InputError: nothing to validate on, a folder that is taken, none to resume, or a `start` of
            another plan.
    """
    if not validation:
        raise InputError("no validation cases", "the score of an epoch needs one", "give some")
    learner = make_learner(config, start, processes)
    progress, stream = _begun(config, learner, batches, folder, resume)
    stopped = _spent(config, progress)
    while not stopped:
        began = clock()
        with deterministic(config.deterministic):
            epoch = learn_epoch(config, learner, stream, progress, folder, clock)
            score = validate(learner, validation)
        waiting, verdict = judge(config.patience, progress.waiting, score)
        minutes = processes.first(progress.minutes + (clock() - began) / 60)
        progress = _after(progress, epoch, waiting, verdict, minutes)
        stopped = epoch.stopped or _spent(config, progress)
        record = _record(progress, epoch, score, verdict, stopped)
        progress = replace(progress, records=(*progress.records, record))
        if processes.writes:
            _save(config, learner, progress, folder, provenance or {})
        processes.wait()
        yield record


def _begun(
    config: TrainingConfig,
    learner: Learner,
    batches: Iterable[Batch],
    folder: Path,
    resume: bool,
) -> tuple[Progress, Iterator[Batch]]:
    """Find where a run stands and what it learns from next; a new one gets its folder last."""
    new = learner.processes.writes and not resume
    if new:
        refuse_taken(folder)
    progress = load_state(folder, learner, config) if resume else Progress()
    stream = fed(config, batches, step=progress.step, processes=learner.processes)
    if new:
        start_folder(folder, config)
    return progress, stream


def _after(
    progress: Progress, epoch: Epoch, waiting: Waiting, verdict: Verdict, minutes: float
) -> Progress:
    return replace(
        progress,
        epochs=progress.epochs + 1,
        step=progress.step + len(epoch.losses),
        minutes=minutes,
        cuts=progress.cuts + (verdict == "cut"),
        faults=epoch.faults,
        waiting=waiting,
    )


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
    progress: Progress, epoch: Epoch, score: float, verdict: Verdict, stopped: str
) -> EpochRecord:
    return EpochRecord(
        epoch=progress.epochs,
        step=progress.step,
        loss=sum(epoch.good) / len(epoch.good) if epoch.good else math.nan,
        score=score,
        best=score if progress.waiting.best is None else progress.waiting.best,
        learning_rate=epoch.rate,
        minutes=progress.minutes,
        verdict=verdict,
        skipped=len(epoch.losses) - len(epoch.good),
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
