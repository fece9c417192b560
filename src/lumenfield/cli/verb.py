"""What a verb is, and what several verbs share: arguments, options, ways to show a result."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lumenfield.errors import InputError

if TYPE_CHECKING:
    from lumenfield.io import ReadOptions
    from lumenfield.io.options import Time
    from lumenfield.jobs.progress import Ticker
    from lumenfield.pipeline import SegmentOptions

__all__ = [
    "Arguments",
    "Verb",
    "add_model_arguments",
    "add_read_arguments",
    "fault",
    "print_json",
    "read_options",
    "say_segmented",
    "segment_options",
    "ticker",
]

Arguments = argparse.Namespace


@dataclass(frozen=True)
class Verb:
    """One command: its line of help, its arguments, and what it does with them."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[Arguments], int]


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --model, --no-refine, --device and --set."""
    parser.add_argument("--model", nargs="+", default=[], metavar="NAME|RUN")
    parser.add_argument("--no-refine", action="store_true", help="keep the network's wall")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=v", dest="settings")


def add_read_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --spacing, --array, --series and --time."""
    parser.add_argument(
        "--spacing", type=float, nargs="+", metavar="MM", help="voxel edges along each array axis"
    )
    parser.add_argument("--array", metavar="NAME", help="which array of a file that has several")
    parser.add_argument("--series", metavar="NAME", help="which DICOM series of a folder")
    parser.add_argument(
        "--time", metavar="mean|N|all", help="of a scan in time: the mean, frame N from 0, or all"
    )


def read_options(arguments: Arguments) -> "ReadOptions":
    """Build what is to be read of a file from the arguments."""
    from lumenfield.io import ReadOptions

    return ReadOptions(
        spacing=tuple(arguments.spacing) if arguments.spacing else None,
        array=arguments.array,
        series=arguments.series,
        time=_time(arguments.time),
    )


def _time(text: str | None) -> "Time | None":
    if text is None:
        return None
    if text == "mean" or text == "all":
        return "mean" if text == "mean" else "all"
    if not text.isdecimal():
        raise InputError(f"--time {text}", "mean, all, or a frame from 0", "choose one of them")
    return int(text)


def segment_options(arguments: Arguments) -> "SegmentOptions":
    """Build the options of a segmentation from the arguments."""
    from lumenfield.config import from_mapping, with_settings
    from lumenfield.pipeline import SegmentOptions

    given: dict[str, Any] = {
        "models": arguments.model,
        "refine": not arguments.no_refine,
        "predict": {"device": arguments.device},
    }
    return from_mapping(SegmentOptions, with_settings(given, arguments.settings), "options")


def ticker(arguments: Arguments) -> "Ticker":
    """Make what shows progress; silent under --json."""
    from lumenfield.jobs.progress import show_progress

    return show_progress(quiet=arguments.json)


def print_json(value: dict[str, Any]) -> int:
    """Print one JSON object and return exit status 0."""
    from lumenfield.jobs.printed import print_json

    print_json(value)
    return 0


def say_segmented(record: dict[str, Any], seconds: float) -> None:
    """Print one line for a finished case, and its warnings."""
    solid = "lumen_ml" in record
    size = f"{record['lumen_ml']:.2f} ml" if solid else f"{record['lumen_cm2']:.2f} cm²"
    print(f"{record['name']}: lumen {size}, {seconds:.1f} s → {record['folder']}")
    for warning in record["warnings"]:
        print(f"  note: {warning}")


def fault(error: Exception) -> str:
    """Tell an error that is ours in one line."""
    todo = "report it with the output of the same command and --traceback"
    return " ".join(f"{type(error).__name__}: {error}; this is a fault of ours: {todo}".split())
