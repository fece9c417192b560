"""`lumenfield info`: what a file holds."""

import argparse
from pathlib import Path
from typing import Any

from lumenfield.cli.verb import Arguments, Verb, add_read_arguments, print_json, read_options

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="a file, a folder of images, or files joined A+B")
    parser.add_argument("--range", action="store_true", help="read all values for their range")
    add_read_arguments(parser)


def _run(arguments: Arguments) -> int:
    from lumenfield.config import to_mapping
    from lumenfield.io import describe, value_range
    from lumenfield.spacing import unit_meant

    options = read_options(arguments)
    facts = to_mapping(describe(arguments.file, options))
    if arguments.range:
        facts["minimum"], facts["maximum"] = value_range(arguments.file, options)
    if arguments.json:
        return print_json(facts)
    parts, choice = facts.pop("parts"), facts.pop("chosen_with")
    for name in facts if facts["shape"] else ("format",):
        if facts[name] != "":
            print(f"{name:14} {_told(facts[name])}")
    if facts["shape"]:
        if not facts["has_geometry"] and options.spacing is None:
            print("  note: no voxel size is recorded; 1 mm was assumed: pass --spacing")
        elif unit := unit_meant(facts["spacing_mm"]):
            print(f"  note: such voxels look like {unit}: pass --spacing")
    if len(parts) > 1:
        print(f"choose with --{choice} NAME:")
        for part in parts:
            print(f"  {part['name']:12} {part['about']}")
    return 0


def _told(value: Any) -> str:
    """Write sizes with ×, the rows of a matrix below each other, and truth as yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, tuple | list):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if value and isinstance(value[0], tuple | list):
        return f"\n{'':15}".join("".join(f"{number:12.6g}" for number in row) for row in value)
    return " × ".join(f"{number:.6g}" for number in value)


VERB = Verb("say what a file holds", _add_arguments, _run)
