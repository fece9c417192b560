"""From a first distance and the scan to the wall, its error bar and the flow solver's prior."""

from lumenfield.refinement.export import read_pack, wall_mesh, write_pack
from lumenfield.refinement.options import RefineOptions
from lumenfield.refinement.prior import boundary_prior
from lumenfield.refinement.refine import Estimate, Iteration, refine
from lumenfield.refinement.scan import Refinement, refined

__all__ = [
    "Estimate",
    "Iteration",
    "RefineOptions",
    "Refinement",
    "boundary_prior",
    "read_pack",
    "refine",
    "refined",
    "wall_mesh",
    "write_pack",
]
