"""`lumenfield report`: the HTML page of a finished case."""

import argparse
from pathlib import Path

from lumenfield.cli.verb import Arguments, Verb, print_json

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="OUT", help="what segment wrote")
    parser.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="by default report.html in the folder"
    )
    parser.add_argument("--scan", type=Path, help="the scan of a case, which its folder lacks")
    parser.add_argument("--truth", type=Path, help="true mask or distance of a case: adds scores")
    parser.add_argument(
        "--baselines", type=Path, metavar="SCAN", help="also score rivals on this scan"
    )


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.report import ReportOptions, report

    options = ReportOptions(
        out=arguments.out,
        scan=arguments.scan,
        truth=arguments.truth,
        baselines=arguments.baselines,
    )
    written = report(arguments.folder, options)
    if arguments.json:
        return print_json({"written": [str(path) for path in written]})
    for path in written:
        print(path)
    return 0


VERB = Verb("the HTML page of a finished case", _add_arguments, _run)
