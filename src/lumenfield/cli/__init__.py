"""The program `lumenfield VERB`: arguments in, one library function called, its result shown.

One file a verb. Each imports what it needs when it runs, so that `--help` answers at once.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from lumenfield.cli import (
    convert,
    demo,
    doctor,
    evaluate,
    export,
    generate,
    info,
    models,
    refine,
    report,
    segment,
    serve,
    train,
    view,
)
from lumenfield.cli.parser import Parser
from lumenfield.cli.verb import fault
from lumenfield.errors import InputError

__all__ = ["VERBS", "main"]

VERBS = {
    "demo": demo.VERB,
    "generate": generate.VERB,
    "train": train.VERB,
    "segment": segment.VERB,
    "refine": refine.VERB,
    "evaluate": evaluate.VERB,
    "export": export.VERB,
    "report": report.VERB,
    "view": view.VERB,
    "serve": serve.VERB,
    "models": models.VERB,
    "doctor": doctor.VERB,
    "info": info.VERB,
    "convert": convert.VERB,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit status: 0 done, 2 the user can fix it, 1 a fault of ours."""
    arguments = _parser().parse_args(argv)
    try:
        return VERBS[arguments.verb].run(arguments)
    except InputError as error:
        if arguments.traceback:
            raise
        print(f"lumenfield: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("lumenfield: interrupted; nothing half-written was left", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        if arguments.traceback:
            raise
        print(f"lumenfield: {fault(error)}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="lumenfield",
        description="Vessel walls from MRI magnitude scans, as signed distances with an error bar.",
    )
    parser.add_argument("--version", action=_Version, help="say which version this is")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        one = verbs.add_parser(name, help=verb.help, description=verb.help)
        verb.add_arguments(one)
        one.add_argument("--json", action="store_true", help="print one JSON object, nothing else")
        one.add_argument("--traceback", action="store_true", help="show where an error came from")
    return parser


class _Version(argparse.Action):
    """Print the version and stop; looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version

        print(f"lumenfield {version('lumenfield')}")
        parser.exit()
