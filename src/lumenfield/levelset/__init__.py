"""Batched level-set numerics on grids, 2-D and 3-D; sees tensors and spacings only."""

from lumenfield.levelset.displace import displace, tame
from lumenfield.levelset.evolve import Frame, Motion, advect, evolve, stable_step
from lumenfield.levelset.redistance import redistance
from lumenfield.levelset.stencils import curvature, gradient, gradient_norm

__all__ = [
    "Frame",
    "Motion",
    "advect",
    "curvature",
    "displace",
    "evolve",
    "gradient",
    "gradient_norm",
    "redistance",
    "stable_step",
    "tame",
]
