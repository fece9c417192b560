"""The page of a finished case, or of every case of a folder, made again from its files."""

from dataclasses import dataclass
from pathlib import Path

from lumenfield.errors import InputError
from lumenfield.jobs.finished_case import page_of_case
from lumenfield.report import write_case_report
from lumenfield.viewer.case import Case, open_cases

__all__ = ["ReportOptions", "report"]

PAGE = "report.html"


@dataclass(frozen=True)
class ReportOptions:
    """What a page shows beside what its folder holds.

    Args:
        out: the file to write; by default report.html in the folder.
        scan, truth, baselines: of one case: its scan, its true mask or distance, and the scan that
            rivals are let loose on.
    """

    out: Path | None = None
    scan: Path | None = None
    truth: Path | None = None
    baselines: Path | None = None


def report(path: Path, options: ReportOptions | None = None) -> tuple[Path, ...]:
    """Write the page of a finished case, or of each case of a folder, and return where.

    Raises:
        InputError: it is no folder of ours, it is not finished, an option is of one case alone, or
            a file is missing or damaged.
    """
    options = options or ReportOptions()
    if path.is_dir() and not any(path.glob("run.json")) and not any(path.glob("*/run.json")):
        raise InputError(
            f"{path} holds no run.json", "a finished case, or a folder of cases", "segment first"
        )
    cases = open_cases(path)
    if len(cases) > 1:
        _refuse_for_several(options)
    return tuple(_report_case(case, options) for case in cases.values())


def _report_case(case: Case, options: ReportOptions) -> Path:
    if options.baselines is not None and options.truth is None:
        came = f"--baselines {options.baselines.name} without a truth"
        raise InputError(came, "rivals are scored against it", "give --truth too")
    scan = options.scan or options.baselines
    page = page_of_case(case, scan=scan, truth=options.truth, baselines=options.baselines)
    path = options.out or case.folder / PAGE
    write_case_report(page, path)
    return path


def _refuse_for_several(options: ReportOptions) -> None:
    given = [name for name in ("out", "scan", "truth", "baselines") if getattr(options, name)]
    if given:
        raise InputError(
            f"--{given[0]} for a folder of several cases",
            "it belongs to one case",
            f"name one case's folder, or leave --{given[0]} out",
        )
