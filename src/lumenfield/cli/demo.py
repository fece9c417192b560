"""`lumenfield demo`: a phantom with a known wall, from scan to report."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumenfield.cli.verb import (
    Arguments,
    Verb,
    add_model_arguments,
    print_json,
    segment_options,
    ticker,
)

if TYPE_CHECKING:
    from lumenfield.evaluation import CaseScores

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--out", type=Path, default=Path("demo"), help="folder to write")
    add_model_arguments(parser)


def _run(arguments: Arguments) -> int:
    from lumenfield.evaluation import table
    from lumenfield.jobs.demo import demo

    done = demo(arguments.out, segment_options(arguments), ticker(arguments))
    if arguments.json:
        return print_json({"folder": str(done.folder), **_scores_json(done.scores)})
    print(table(done.scores, mean=False))
    print(f"\nreport: {done.folder / 'report.html'}")
    return 0


def _scores_json(scores: "Sequence[CaseScores]") -> dict[str, Any]:
    from lumenfield.evaluation import summarise

    summary = summarise(scores).to_json()
    return {"cases": summary["cases"], "reasons": summary["reasons"]}


VERB = Verb("phantom to report, scored against the truth", _add_arguments, _run)
