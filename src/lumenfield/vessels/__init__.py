"""Branches of a lumen: centreline, radius with its interval, narrowing, resistance."""

from lumenfield.vessels.branch import Branch, End, Interval, Measures, Vessels
from lumenfield.vessels.measures import BLOOD_VISCOSITY
from lumenfield.vessels.trace import trace_vessels

__all__ = [
    "BLOOD_VISCOSITY",
    "Branch",
    "End",
    "Interval",
    "Measures",
    "Vessels",
    "trace_vessels",
]
