"""`lumenfield train`: a network from a folder or from endless synthetic samples."""

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lumenfield.cli.verb import Arguments, Verb, print_json

if TYPE_CHECKING:
    from lumenfield.jobs.train_job import TrainJob
    from lumenfield.training import EpochRecord, Processes, TrainingConfig

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, nargs="?", help="folder as `generate` writes it")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="RUN")
    parser.add_argument("--stream", metavar="RECIPE", help="draw samples while training instead")
    parser.add_argument("--config", type=Path, help="TOML file")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=v", dest="settings")
    parser.add_argument("--resume", action="store_true", help="go on where RUN stopped")
    parser.add_argument(
        "--deterministic", action="store_true", help="the same weights each time, at some speed"
    )
    parser.add_argument(
        "--tensorboard", action="store_true", help="also write RUN/tensorboard for TensorBoard"
    )


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.train import finish_run
    from lumenfield.jobs.train_job import read_job
    from lumenfield.networks import load_checkpoint
    from lumenfield.training import joined

    settings = [*arguments.settings]
    if arguments.deterministic:
        settings.append("training.deterministic=true")
    resumed = arguments.out if arguments.resume else None
    job = read_job(arguments.config, settings, data=arguments.data, resumed=resumed)
    with joined() as processes:
        record = _trained(arguments, job, processes)
        if not processes.writes:
            return 0
    model = finish_run(job, arguments.out, data=arguments.data, recipe=arguments.stream)
    why = load_checkpoint(model).uncalibrated
    if arguments.json:
        best = record.best if record else None
        return print_json({"model": str(model), "best": best, "uncalibrated": why})
    print(f"model: {model}" + (f"\nnot calibrated: {why}" if why else ""))
    return 0


def _trained(arguments: Arguments, job: "TrainJob", processes: "Processes") -> "EpochRecord | None":
    """Train, with a line an epoch, and give the last record; none if the run was over already."""
    from lumenfield.jobs.train import run_training

    record = None
    for record in run_training(
        job,
        arguments.out,
        data=arguments.data,
        recipe=arguments.stream,
        resume=arguments.resume,
        processes=processes,
        tensorboard=arguments.tensorboard,
    ):
        if processes.writes:
            line = _line(record, job.training)
            print(line, file=sys.stderr if arguments.json else sys.stdout, flush=True)
    return record


def _line(record: "EpochRecord", config: "TrainingConfig") -> str:
    left = f"≤ {_minutes_left(record, config):.0f} min left"
    return (
        f"epoch {record.epoch:4d}  step {record.step:7d}  loss {record.loss:.4f}  "
        f"score {record.score:.4f}  best {record.best:.4f}  rate {record.learning_rate:.2e}  "
        f"{record.minutes:.1f} min  {record.stopped or left}  {record.verdict}"
    )


def _minutes_left(record: "EpochRecord", config: "TrainingConfig") -> float:
    """Say how long the run may still go on; patience can end it sooner."""
    by_epochs = (config.max_epochs - record.epoch) * record.minutes / record.epoch
    by_clock = (config.max_minutes or math.inf) - record.minutes
    return max(0.0, min(by_epochs, by_clock))


VERB = Verb("train a network", _add_arguments, _run)
