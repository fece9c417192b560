"""`lumenfield serve`: a page to drop scans on."""

import argparse

from lumenfield.cli.verb import Arguments, Verb
from lumenfield.cli.web import add_web_arguments, show_address
from lumenfield.errors import InputError

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_web_arguments(parser, port=8765)
    parser.add_argument(
        "--max-upload", type=float, default=1024, metavar="MB", help="largest scan taken"
    )
    parser.add_argument(
        "--max-scans", type=int, default=8, metavar="N", help="most scans kept at a time"
    )
    parser.add_argument(
        "--keep", type=float, default=60, metavar="MINUTES", help="how long a result is kept"
    )


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.serve import serve
    from lumenfield.viewer.uploads import Limits

    if not (arguments.max_upload > 0 and arguments.max_scans > 0 and arguments.keep > 0):
        raise InputError(
            f"--max-upload {arguments.max_upload:g} --max-scans {arguments.max_scans} "
            f"--keep {arguments.keep:g}",
            "each is more than zero",
            "leave out what need not be changed",
        )
    limits = Limits(round(arguments.max_upload * 2**20), arguments.max_scans, arguments.keep * 60)
    serve(
        host=arguments.host,
        port=arguments.port,
        limits=limits,
        ready=show_address(arguments, "drop scans on"),
    )
    return 0


VERB = Verb("a web page to drop scans on", _add_arguments, _run)
