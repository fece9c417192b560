"""One HTML file a scan, a run or a study: what was found, how sure it is, what to doubt."""

from lumenfield.report.case import CaseReport, ScoreRow, write_case_report
from lumenfield.report.page import Fact

__all__ = ["CaseReport", "Fact", "ScoreRow", "write_case_report"]
