"""From a first distance and the scan to the wall and its error bar."""

from lumenfield.refinement.options import RefineOptions
from lumenfield.refinement.refine import Estimate, Iteration, refine
from lumenfield.refinement.scan import Refinement, refined

__all__ = [
    "Estimate",
    "Iteration",
    "RefineOptions",
    "Refinement",
    "refine",
    "refined",
]
