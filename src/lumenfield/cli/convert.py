"""`lumenfield convert`: between file formats."""

import argparse
from pathlib import Path

from lumenfield.cli.verb import Arguments, Verb, add_spacing_argument, print_json, spacing

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", type=Path, metavar="A")
    parser.add_argument("target", type=Path, metavar="B")
    add_spacing_argument(parser)


def _run(arguments: Arguments) -> int:
    from lumenfield.io import read, write

    write(read(arguments.source, spacing=spacing(arguments)), arguments.target)
    if arguments.json:
        return print_json({"written": str(arguments.target)})
    print(arguments.target)
    return 0


VERB = Verb("write a file in another format", _add_arguments, _run)
