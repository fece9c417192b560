"""`lumenfield convert`: between file formats."""

import argparse
from pathlib import Path

from lumenfield.cli.verb import Arguments, Verb, add_read_arguments, print_json, read_options

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", type=Path, metavar="A", help="a file, a folder of images, or files joined as A+B"
    )
    parser.add_argument("target", type=Path, metavar="B", help="its suffix says the format")
    add_read_arguments(parser)


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.convert import assumed, convert

    options = read_options(arguments)
    written = convert(arguments.source, arguments.target, options)
    notes = assumed(arguments.source, options)
    if arguments.json:
        return print_json({"written": [str(path) for path in written], "notes": list(notes)})
    for path in written:
        print(path)
    for note in notes:
        print(f"  note: {note}")
    return 0


VERB = Verb("write a file in another format", _add_arguments, _run)
