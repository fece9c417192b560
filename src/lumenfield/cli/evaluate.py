"""`lumenfield evaluate`: scores of one case or of matched folders."""

import argparse
from pathlib import Path

from lumenfield.cli.verb import Arguments, Verb, print_json

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("prediction", type=Path, help="a file, or a folder of cases")
    parser.add_argument("truth", type=Path, help="a file, or a folder with the same names")
    parser.add_argument("--baselines", type=Path, metavar="SCAN", help="score rivals on this scan")


def _run(arguments: Arguments) -> int:
    from lumenfield.evaluation import summarise, table
    from lumenfield.jobs.evaluate import evaluate_paths

    found = evaluate_paths(arguments.prediction, arguments.truth, arguments.baselines)
    if arguments.json:
        result = summarise(found.cases).to_json()
        if found.baselines:
            rivals = summarise(found.baselines).to_json()
            result["baselines"] = rivals["cases"]
            result["reasons"]["baselines"] = rivals["reasons"]["cases"]
        return print_json(result)
    if found.baselines:
        print(table((*found.cases, *found.baselines), mean=False))
    else:
        print(table(found.cases))
    for case in found.cases:
        for metric, reason in case.scores.reasons.items():
            print(f"{case.name}: {metric} is undefined: {reason}")
    return 0


VERB = Verb("score predictions against truths", _add_arguments, _run)
