"""`lumenfield view`: a result in the browser."""

import argparse
from pathlib import Path

from lumenfield.cli.verb import Arguments, Verb
from lumenfield.cli.web import add_web_arguments, show_address

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", type=Path, metavar="OUT", help="what segment wrote")
    parser.add_argument("--scan", type=Path, help="the scan itself, to show beneath its layers")
    add_web_arguments(parser, port=0)


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.view import view

    view(
        arguments.out,
        scan=arguments.scan,
        host=arguments.host,
        port=arguments.port,
        ready=show_address(arguments, "viewer"),
    )
    return 0


VERB = Verb("look at a result in the browser", _add_arguments, _run)
