"""The page of what a folder holds: a case or several, a training run, or a study."""

from dataclasses import dataclass
from pathlib import Path

from lumenfield.errors import InputError
from lumenfield.jobs.finished_case import page_of_case
from lumenfield.jobs.finished_run import HISTORY, page_of_run
from lumenfield.jobs.finished_study import RESULTS, page_of_study
from lumenfield.report import write_case_report, write_run_report, write_study_report
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
        films: also write GIFs beside each case's page: its slices and, of one case whose scan is
            given, how the refinement moved the wall.
    """

    out: Path | None = None
    scan: Path | None = None
    truth: Path | None = None
    baselines: Path | None = None
    films: bool = False


def report(path: Path, options: ReportOptions | None = None) -> tuple[Path, ...]:
    """Write the page of a case, of each case of a folder, of a run or of a study; return where.

    Raises:
        InputError: it is no folder of ours, it has not come far enough, an option is not of its
            kind, or a file is missing or damaged.
    """
    options = options or ReportOptions()
    if (path / HISTORY).is_file():
        return (_report_run(path, options),)
    if (path / RESULTS).is_file():
        return (_report_study(path, options),)
    if path.is_dir() and not any(path.glob("run.json")) and not any(path.glob("*/run.json")):
        raise _holds_nothing(path)
    cases = open_cases(path)
    if len(cases) > 1:
        _refuse(options, ("out", *_OF_A_CASE), "for a folder of several cases")
    return tuple(path for case in cases.values() for path in _report_case(case, options))


def _report_case(case: Case, options: ReportOptions) -> list[Path]:
    if options.baselines is not None and options.truth is None:
        came = f"--baselines {options.baselines.name} without a truth"
        raise InputError(came, "rivals are scored against it", "give --truth too")
    scan = options.scan or options.baselines
    page = page_of_case(case, scan=scan, truth=options.truth, baselines=options.baselines)
    path = options.out or case.folder / PAGE
    write_case_report(page, path)
    if not options.films:
        return [path]
    from lumenfield.jobs.films import write_films

    return [path, *write_films(case, page.scene, path.parent, has_scan=scan is not None)]


def _report_run(folder: Path, options: ReportOptions) -> Path:
    _refuse(options, _OF_CASES, "for a training run")
    path = options.out or folder / PAGE
    write_run_report(page_of_run(folder), path)
    return path


def _report_study(folder: Path, options: ReportOptions) -> Path:
    _refuse(options, _OF_CASES, "for a study")
    path = options.out or folder / PAGE
    write_study_report(page_of_study(folder), path)
    return path


_OF_A_CASE = ("scan", "truth", "baselines")
_OF_CASES = (*_OF_A_CASE, "films")


def _holds_nothing(folder: Path) -> InputError:
    if (folder / "config.json").is_file():
        return InputError(
            f"{folder} is a run without a finished epoch",
            f"{HISTORY}, which the first epoch writes",
            "wait for it, or train again",
        )
    needed = f"cases with run.json, a training run with {HISTORY}, or a study with {RESULTS}"
    return InputError(f"{folder} holds no run.json", needed, "segment or train first")


def _refuse(options: ReportOptions, names: tuple[str, ...], where: str) -> None:
    given = [name for name in names if getattr(options, name)]
    if given:
        option = "gif" if given[0] == "films" else given[0]
        raise InputError(
            f"--{option} {where}",
            "it belongs to one case",
            f"name one case's folder, or leave --{option} out",
        )
