"""One HTML file a scan, a run or a study: what was found, how sure it is, what to doubt."""

from lumenfield.report.case import CaseReport, write_case_report
from lumenfield.report.page import Fact
from lumenfield.report.run import EpochSample, RunReport, write_run_report
from lumenfield.report.study import StudyReport, write_study_report
from lumenfield.report.study_cell import StudyCell
from lumenfield.report.tables import ScoreRow

__all__ = [
    "CaseReport",
    "EpochSample",
    "Fact",
    "RunReport",
    "ScoreRow",
    "StudyCell",
    "StudyReport",
    "write_case_report",
    "write_run_report",
    "write_study_report",
]
