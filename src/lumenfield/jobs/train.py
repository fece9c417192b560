"""Training as one job: where the batches come from, the loop, and the calibration at its end."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lumenfield import io
from lumenfield.config import to_mapping
from lumenfield.data import Batch, PairBatches, Repeated, data_axes, open_dataset, whole_batches
from lumenfield.datatypes import Volume
from lumenfield.devices import resolve_device
from lumenfield.errors import InputError
from lumenfield.inference import calibrate
from lumenfield.jobs.run_samples import sampled
from lumenfield.jobs.tensorboard import logged
from lumenfield.jobs.train_job import StreamConfig, TrainJob, check_axes, keep_job
from lumenfield.networks import load_checkpoint, save_checkpoint
from lumenfield.networks.models import find_model, load_model
from lumenfield.synthesis import SampleStream, draw_sample, load_recipe, validation_cases
from lumenfield.training import ALONE, EpochRecord, Processes, train

__all__ = ["StreamConfig", "TrainJob", "finish_run", "held_out", "run_training"]

HELD_OUT = 10**6
"""Added to the seed for validation samples, twice for calibration: training never reaches them."""


def run_training(
    job: TrainJob,
    folder: Path,
    *,
    data: Path | None = None,
    recipe: str | None = None,
    resume: bool = False,
    processes: Processes = ALONE,
    tensorboard: bool = False,
) -> Iterator[EpochRecord]:
    """Train from a folder of pairs or from a stream of synthetic samples.

    The folder gets the files of `training.train`, the job, and pictures of what the network finds
    in a few validation scans; `finish_run` makes a model of them.

    Args:
        data: as `generate` writes it; its `val` part validates.
        recipe: name or file of a recipe to stream.
        processes: those that train together.
        tensorboard: also log every record to `folder`/tensorboard.

    Raises:
        InputError: not exactly one source, or anything that either refuses.
    """
    records = _records(job, folder, data, recipe, resume, processes)
    for number, record in enumerate(
        logged(records, folder / "tensorboard") if tensorboard else records
    ):
        if number == 0 and processes.writes:
            keep_job(job, folder)
        yield record


@dataclass(frozen=True, eq=False)
class _Source:
    """What a run learns from and is validated on, and how its checkpoints tell of it."""

    batches: Iterable[Batch]
    validation: Sequence[Batch]
    origin: dict[str, Any]


def _records(
    job: TrainJob,
    folder: Path,
    data: Path | None,
    recipe: str | None,
    resume: bool,
    processes: Processes,
) -> Iterator[EpochRecord]:
    start = load_model(job.start).network if job.start else None
    source = _source(job, data, recipe)
    begun = {"start": find_model(job.start).name} if job.start else {}
    records = train(
        job.training,
        source.batches,
        source.validation,
        folder=folder,
        start=start,
        resume=resume,
        provenance={**source.origin, **begun},
        processes=processes,
    )
    yield from sampled(records, folder, source.validation) if processes.writes else records


def _source(job: TrainJob, data: Path | None, recipe: str | None) -> _Source:
    if recipe is not None and data is None:
        return _streamed(job, recipe)
    if data is not None and recipe is None:
        return _of_folder(job, data)
    raise InputError(
        "a data folder and a stream" if data else "neither a data folder nor a stream",
        "training reads one of them",
        "give DATA or --stream RECIPE",
    )


def _streamed(job: TrainJob, recipe: str) -> _Source:
    stream = _stream(job, recipe)
    cases = validation_cases(replace(stream, seed=stream.seed + HELD_OUT), job.stream.val_count)
    again = job.stream.showings > 1
    batches = Repeated(stream, job.stream.showings, job.stream.seed) if again else stream
    return _Source(batches, cases, {"recipe": recipe, "stream": to_mapping(job.stream)})


def _of_folder(job: TrainJob, data: Path) -> _Source:
    check_axes(job, data_axes(data))
    pairs, normalise = open_dataset(data), job.training.preprocessing.normalise
    return _Source(
        PairBatches(pairs.train, normalise, job.batches),
        whole_batches(pairs.val, normalise),
        {"data": data.name, "batches": to_mapping(job.batches)},
    )


def finish_run(
    job: TrainJob, folder: Path, *, recipe: str | None = None, data: Path | None = None
) -> Path:
    """Calibrate the network a run keeps and write it as `model.safetensors`, in half precision.

    A streamed run is calibrated on synthetic scans that neither trained nor validated it; a run
    from a folder on its validation pairs that come with a distance. If there are none, or the
    network finds no wall in them, its provenance says why it is not calibrated.
    """
    checkpoint = load_checkpoint(folder / f"{job.training.keep}.safetensors")
    cases = list(held_out(job, recipe) if recipe else _with_distance(data))
    calibrated = (
        f"on {len(cases)} scans" if cases else "not: no pair has a distance and a voxel size"
    )
    try:
        checkpoint = calibrate(checkpoint, cases) if cases else checkpoint
    except InputError as error:
        calibrated = f"not: {error}"
    told = {"calibrated": calibrated, "finished": time.strftime("%Y-%m-%d", time.gmtime())}
    checkpoint = replace(checkpoint, provenance={**checkpoint.provenance, **told})
    path = folder / "model.safetensors"
    save_checkpoint(path, checkpoint, stored_as="float16")
    return path


def held_out(job: TrainJob, recipe: str) -> Iterator[tuple[Volume, Volume]]:
    """Draw the scans that a streamed run keeps for calibration, with their distance (mm)."""
    shape = (job.stream.size,) * job.training.plan.ndim
    for index in range(job.stream.calibration_count):
        seed = job.stream.seed + 2 * HELD_OUT
        sample = draw_sample(load_recipe(recipe), seed, index, shape=shape)
        if np.any(sample.mask.values):
            yield sample.magnitude, sample.distance


def _stream(job: TrainJob, recipe: str) -> SampleStream:
    return SampleStream(
        load_recipe(recipe),
        job.stream.seed,
        (job.stream.size,) * job.training.plan.ndim,
        job.stream.batch_size,
        job.training.preprocessing,
        distance=job.training.loss.n_truths > 1,
        workers=job.stream.workers,
        device=resolve_device(job.training.device).type,
    )


def _with_distance(data: Path | None) -> Iterator[tuple[Volume, Volume]]:
    if data is None:
        return
    for pair in open_dataset(data).val:
        # Distances are in mm: without a voxel size they cannot be compared.
        if pair.distance is not None and io.has_geometry(pair.magnitude):
            yield io.read(pair.magnitude), io.read(pair.distance)
