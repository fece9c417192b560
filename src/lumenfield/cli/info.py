"""`lumenfield info`: what a file holds."""

import argparse
from pathlib import Path

from lumenfield.cli.verb import Arguments, Verb, add_read_arguments, print_json, read_options

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="a file, a folder of images, or files joined A+B")
    parser.add_argument("--range", action="store_true", help="read all values for their range")
    add_read_arguments(parser)


def _run(arguments: Arguments) -> int:
    from lumenfield.config import to_mapping
    from lumenfield.io import describe, value_range

    options = read_options(arguments)
    facts = to_mapping(describe(arguments.file, options))
    if arguments.range:
        facts["minimum"], facts["maximum"] = value_range(arguments.file, options)
    if arguments.json:
        return print_json(facts)
    parts, choice = facts.pop("parts"), facts.pop("chosen_with")
    for name in facts if facts["shape"] else ("format",):
        print(f"{name:14} {facts[name]}")
    if len(parts) > 1:
        print(f"choose with --{choice} NAME:")
        for part in parts:
            print(f"  {part['name']:12} {part['about']}")
    return 0


VERB = Verb("say what a file holds", _add_arguments, _run)
