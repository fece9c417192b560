"""`lumenfield refine`: the iterative solver alone, on anyone's segmentation."""

import argparse
from pathlib import Path

from lumenfield.cli.verb import (
    Arguments,
    Verb,
    add_read_arguments,
    print_json,
    read_options,
    say_segmented,
    ticker,
)

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scan", type=Path)
    parser.add_argument(
        "--from", dest="start", type=Path, required=True, metavar="MASK|PROBABILITY|DISTANCE"
    )
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], metavar="a.b=v", dest="settings")
    add_read_arguments(parser)


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.refine import refine_file

    name, seconds, record = refine_file(
        arguments.scan,
        arguments.start,
        arguments.out,
        settings=arguments.settings,
        reading=read_options(arguments),
        tick=ticker(arguments),
    )
    record = {"name": name, "folder": str(arguments.out / name), **record}
    if arguments.json:
        return print_json(record)
    say_segmented(record, seconds)
    return 0


VERB = Verb("refine anyone's segmentation", _add_arguments, _run)
