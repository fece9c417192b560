"""`lumenfield models`: which networks there are."""

import argparse

from lumenfield.cli.verb import Arguments, Verb, print_json

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME|RUN", help="by default those shipped")


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.models import describe_models

    facts = describe_models(arguments.names)
    if arguments.json:
        return print_json({"models": facts})
    for model in facts:
        print(
            f"{model['name']:12} {model['ndim']}-D  {model['megabytes']:.1f} MB  "
            f"wall ± {model['spread_voxels']:.2f} voxel  sha256 {model['sha256'][:12]}…"
        )
    return 0


VERB = Verb("list networks", _add_arguments, _run)
