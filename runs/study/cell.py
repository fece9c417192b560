"""One run of the study: train a network, let validation choose its epoch, score it on the test."""

import json
import resource
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import mean, median

from plan import EPOCHS, LOSSES, NETWORKS, Cell

from lumenfield.config import from_mapping
from lumenfield.data import (
    Augmentation,
    Batch,
    BatchConfig,
    PairBatches,
    open_dataset,
    whole_batches,
)
from lumenfield.evaluation import CaseScores, evaluate_case
from lumenfield.inference import PredictOptions, predict
from lumenfield.io import read
from lumenfield.jobs.generate import generate
from lumenfield.networks import Checkpoint, Preprocessing, load_checkpoint
from lumenfield.synthesis import load_recipe
from lumenfield.training import EpochRecord, TrainingConfig, train
from lumenfield.training.learner import make_learner
from lumenfield.training.step import learn

FIGURES = ("iou", "dice", "rms_voxels", "bias_voxels", "p95_voxels")


def run(cell: Cell, out: Path) -> dict[str, object]:
    """Give what `results.jsonl` has a line of; README.md says what each name means."""
    data, test = scans(cell, out, "data"), scans(cell, out, "test")
    idle_mb = _peak_mb()
    folder = out / "runs" / cell.name
    # What a cell that was cut short left behind.
    shutil.rmtree(folder, ignore_errors=True)
    last = trained(cell, data, folder)
    checkpoint = load_checkpoint(folder / "best.safetensors")
    cases = tuple(scored(cell, checkpoint, test))
    kept = {case.name: {name: case.scores.figure(name) for name in FIGURES} for case in cases}
    (folder / "cases.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return {
        **asdict(cell),
        **figures(cases),
        "n_test": len(cases),
        "best_validation": last.best,
        "epochs": last.epoch,
        "steps": last.step,
        "seconds": round(60 * last.minutes, 1),
        "seconds_per_step": round(60 * last.minutes / max(1, last.step), 4),
        "peak_mb": _peak_mb(),
        "idle_mb": idle_mb,
        "parameters": sum(weight.numel() for weight in checkpoint.network.parameters()),
    }


def trained(cell: Cell, data: Path, folder: Path) -> EpochRecord:
    """Learn until the processor time is spent, and give the last epoch's record."""
    pairs, normalise = open_dataset(data), Preprocessing().normalise
    batches = PairBatches(pairs.train, normalise, patches(cell, cached=len(pairs.train)))
    validation = whole_batches(pairs.val, normalise)
    seconds = step_seconds(settings(cell, steps_per_epoch=1), next(iter(batches)))
    steps = max(1, round(60 * cell.minutes / EPOCHS / seconds))
    config = settings(cell, steps_per_epoch=steps)
    *_, last = train(config, batches, validation, folder=folder, clock=time.process_time)
    return last


def patches(cell: Cell, *, cached: int) -> BatchConfig:
    """Take whole scans, mirrored and in other greys, but with their own voxels."""
    return BatchConfig(
        patch=(cell.size,) * cell.ndim,
        batch_size=cell.grid.batch,
        augmentation=Augmentation(warp=0.0, rare=0.0),
        seed=cell.seed,
        cached=cached,
    )


def settings(cell: Cell, *, steps_per_epoch: int) -> TrainingConfig:
    """Say how to train: the same for all but the network and the loss."""
    said: Mapping[str, object] = {
        "network": {**NETWORKS[cell.network], "ndim": cell.ndim},
        "loss": {"terms": [[name, 1.0] for name in LOSSES[cell.loss]]},
        "steps_per_epoch": steps_per_epoch,
        "max_epochs": 100_000,
        "max_minutes": cell.minutes,
        "schedule": "cosine",
        "learning_rate": 1e-3,
        "warm_up_steps": 10,
        "average_decay": 0.98,
        "patience": {"cut_after": 1000, "stop_after": 2000},
        "seed": cell.seed,
        "device": "cpu",
    }
    return from_mapping(TrainingConfig, said)


def step_seconds(config: TrainingConfig, batch: Batch) -> float:
    """Time a step of a network that is thrown away."""
    learner = make_learner(config)
    learn(config, learner, [batch], step=0, rate=1e-3)
    began = time.process_time()
    learn(config, learner, [batch], step=1, rate=1e-3)
    return time.process_time() - began


def scored(cell: Cell, checkpoint: Checkpoint, test: Path) -> Iterator[CaseScores]:
    """Score the bare network on each test scan: no flips, no second scale, no speck removed."""
    options = PredictOptions(
        device="cpu", flips="none", scales=(1.0,), tile=max(64, cell.size), least_voxels=0
    )
    for pair in open_dataset(test).train:
        assert pair.distance is not None
        found = predict(read(pair.magnitude), [checkpoint], options).distance
        truth = read(pair.distance)
        yield evaluate_case(
            pair.name, found, truth, prediction_kind="distance", truth_kind="distance"
        )


def figures(cases: tuple[CaseScores, ...]) -> dict[str, float]:
    """Average over the test scans; a vessel that was not found at all counts as the worst case."""
    told: dict[str, float] = {}
    for name in FIGURES:
        values = [v for case in cases if (v := case.scores.figure(name)) is not None]
        told[name] = mean(values)
        if name == "rms_voxels":
            told["rms_voxels_median"] = median(values)
    told["missed"] = sum(1 for case in cases if case.scores.figure("dice") == 0)
    return told


def scans(cell: Cell, out: Path, part: str) -> Path:
    """Draw the scans that all cells of this grid share; those of the test are of another seed."""
    grid, test = cell.grid, part == "test"
    folder = out / "scans" / f"{grid.ndim}d-{grid.size}-{part}"
    for _ in generate(
        folder,
        count=grid.test if test else grid.train,
        val_count=1 if test else grid.val,
        recipe=load_recipe(grid.recipe),
        seed=2 if test else 1,
        shape=(grid.size,) * grid.ndim,
        suffix="nii.gz",
    ):
        pass
    return folder


def _peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
