"""A local web page to look at results, and one to drop scans on; nothing leaves the machine."""

from lumenfield.viewer.case import Case, open_case, open_cases

__all__ = ["Case", "open_case", "open_cases"]
