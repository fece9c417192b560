"""`lumenfield train`: a network from a folder or from endless synthetic samples."""

import argparse
import sys
from pathlib import Path

from lumenfield.cli.verb import Arguments, Verb, print_json

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", type=Path, nargs="?", help="folder as `generate` writes it")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="RUN")
    parser.add_argument("--stream", metavar="RECIPE", help="draw samples while training instead")
    parser.add_argument("--config", type=Path, help="TOML file")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=v", dest="settings")
    parser.add_argument("--resume", action="store_true", help="go on where RUN stopped")


def _run(arguments: Arguments) -> int:
    from lumenfield.config import from_mapping, read_toml, with_settings
    from lumenfield.jobs.train import TrainJob, finish_run, run_training

    mapping = read_toml(arguments.config) if arguments.config else {}
    job = from_mapping(TrainJob, with_settings(mapping, arguments.settings))
    source = {"data": arguments.data, "recipe": arguments.stream}
    record = None
    for record in run_training(job, arguments.out, resume=arguments.resume, **source):
        line = (
            f"epoch {record.epoch:4d}  step {record.step:7d}  loss {record.loss:.4f}  "
            f"score {record.score:.4f}  best {record.best:.4f}  rate {record.learning_rate:.2e}  "
            f"{record.minutes:.1f} min  {record.verdict}"
        )
        print(line, file=sys.stderr if arguments.json else sys.stdout, flush=True)
    model = finish_run(job, arguments.out, **source)
    if arguments.json:
        best = record.best if record else None
        return print_json({"model": str(model), "best": best})
    print(f"model: {model}")
    return 0


VERB = Verb("train a network", _add_arguments, _run)
