"""`lumenfield report`: the HTML page of a case, of a training run, or of a study."""

import argparse
from pathlib import Path

from lumenfield.cli.verb import Arguments, Verb, print_json

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="OUT", help="what segment, train or a study wrote"
    )
    parser.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="by default report.html in the folder"
    )
    parser.add_argument("--scan", type=Path, help="the scan of a case, which its folder lacks")
    parser.add_argument("--truth", type=Path, help="true mask or distance of a case: adds scores")
    parser.add_argument(
        "--baselines", type=Path, metavar="SCAN", help="also score rivals on this scan"
    )
    parser.add_argument(
        "--gif",
        action="store_true",
        help="also film a case's slices and, with --scan, how refinement moved its wall",
    )


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.report import ReportOptions, report

    options = ReportOptions(
        out=arguments.out,
        scan=arguments.scan,
        truth=arguments.truth,
        baselines=arguments.baselines,
        films=arguments.gif,
    )
    written = report(arguments.folder, options)
    if arguments.json:
        return print_json({"written": [str(path) for path in written]})
    for path in written:
        print(path)
    return 0


VERB = Verb("the HTML page of a case, a training run or a study", _add_arguments, _run)
