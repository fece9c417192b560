"""Branches of a lumen: centreline, radius with its interval, narrowing, resistance."""

from lumenfield.vessels.branch import Branch, End, Interval, Measures, Vessels

__all__ = ["Branch", "End", "Interval", "Measures", "Vessels"]
