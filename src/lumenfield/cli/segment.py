"""`lumenfield segment`: the main job."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lumenfield.cli.verb import (
    Arguments,
    Verb,
    add_model_arguments,
    add_read_arguments,
    fault,
    print_json,
    read_options,
    say_segmented,
    segment_options,
    ticker,
)
from lumenfield.errors import InputError

if TYPE_CHECKING:
    from lumenfield.jobs.segment import CaseDone

__all__ = ["VERB"]


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scans", type=Path, nargs="+", metavar="SCAN")
    parser.add_argument("-o", "--out", type=Path, required=True)
    add_model_arguments(parser)
    add_read_arguments(parser)
    parser.add_argument(
        "--max-memory", type=float, metavar="GB", help="by default what the machine has free"
    )
    parser.add_argument(
        "--workers",
        default="1",
        metavar="N|dask:ADDRESS",
        help="processes here, or a Dask scheduler, for many scans",
    )
    parser.add_argument(
        *("--again", "--overwrite"),
        action="store_true",
        help="do what an earlier run has done too",
    )


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.segment import segment_files
    from lumenfield.jobs.workers import parse_workers

    if arguments.max_memory is not None:
        arguments.settings.append(f"predict.max_memory_gb={arguments.max_memory}")
    options = segment_options(arguments)
    cases, records, failed, status = [], [], [], 0
    for case in segment_files(
        arguments.scans,
        arguments.out,
        options,
        reading=read_options(arguments),
        workers=parse_workers(arguments.workers),
        again=arguments.again,
        tick=ticker(arguments),
    ):
        cases.append(case)
        if case.error is not None:
            if arguments.traceback:
                raise case.error
            ours = not isinstance(case.error, InputError)
            status = 1 if ours or status == 1 else 2
            told = fault(case.error) if ours else str(case.error)
            if case.stale:
                told += f"; {arguments.out / case.name} still holds the results of an earlier run"
            failed.append({"name": case.name, "error": told})
            print(f"lumenfield: {case.name}: {told}", file=sys.stderr)
            continue
        known = {"name": case.name, "folder": str(case.folder), "status": case.status}
        records.append({**known, **case.record})
        if not arguments.json:
            say_segmented(records[-1], case.seconds)
    if arguments.json:
        print_json({"cases": records, "failed": failed})
    if len(cases) > 1:
        _sum_up(cases, arguments)
    return status


def _sum_up(cases: list["CaseDone"], arguments: Arguments) -> None:
    """Write `summary.csv`, and show the table of many scans."""
    from lumenfield.jobs.summary import summary_rows, summary_table, write_summary

    rows = summary_rows(cases)
    failed = [row["name"] for row in rows if row["status"] == "failed"]
    if len(failed) < len(rows):
        write_summary(rows, arguments.out / "summary.csv")
    if not arguments.json:
        print("\n" + summary_table(rows))
        last = f"; failed: {', '.join(failed)}" if failed else ""
        print(f"{len(rows) - len(failed)} of {len(rows)} scans done{last}")


VERB = Verb("find the vessels of scans", _add_arguments, _run)
