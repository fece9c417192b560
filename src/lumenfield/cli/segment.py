"""`lumenfield segment`: the main job."""

import argparse
import sys
from pathlib import Path

from lumenfield.cli.verb import (
    Arguments,
    Verb,
    add_model_arguments,
    add_read_arguments,
    fault,
    print_json,
    read_options,
    say_segmented,
    segment_options,
    ticker,
)
from lumenfield.errors import InputError

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scans", type=Path, nargs="+", metavar="SCAN")
    parser.add_argument("-o", "--out", type=Path, required=True)
    add_model_arguments(parser)
    add_read_arguments(parser)


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.segment import segment_files

    options = segment_options(arguments)
    records, failed, status = [], [], 0
    for case in segment_files(
        arguments.scans,
        arguments.out,
        options,
        reading=read_options(arguments),
        tick=ticker(arguments),
    ):
        if case.error is not None:
            if arguments.traceback:
                raise case.error
            ours = not isinstance(case.error, InputError)
            status = 1 if ours or status == 1 else 2
            told = fault(case.error) if ours else str(case.error)
            failed.append({"name": case.name, "error": told})
            print(f"lumenfield: {case.name}: {told}", file=sys.stderr)
            continue
        records.append({"name": case.name, "folder": str(case.folder), **case.record})
        if not arguments.json:
            say_segmented(records[-1], case.seconds)
    if arguments.json:
        print_json({"cases": records, "failed": failed})
    elif failed and len(arguments.scans) > 1:
        print(
            f"{len(records)} of {len(arguments.scans)} scans done; failed: "
            + ", ".join(f["name"] for f in failed)
        )
    return status


VERB = Verb("find the vessels of scans", _add_arguments, _run)
