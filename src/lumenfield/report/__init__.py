"""One HTML file a scan: what was found, how sure it is, what to doubt."""

from lumenfield.report.page import CaseReport, Fact, ScoreRow, write_case_report

__all__ = ["CaseReport", "Fact", "ScoreRow", "write_case_report"]
