"""`lumenfield info`: what a file holds."""

import argparse
from pathlib import Path

from lumenfield.cli.verb import Arguments, Verb, print_json

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path)


def _run(arguments: Arguments) -> int:
    from lumenfield.config import to_mapping
    from lumenfield.io import describe

    facts = to_mapping(describe(arguments.file))
    if arguments.json:
        return print_json(facts)
    for name, value in facts.items():
        print(f"{name:14} {value}")
    return 0


VERB = Verb("say what a file holds", _add_arguments, _run)
