"""Walls displaced along their normals in closed form; separate because no time passes.

φ = redistance(φ₀ + δ). Where |∇φ₀| = 1, sup|∇δ| < 1 and sup|δ| is below the wall's reach, every
normal line crosses zero once: the wall keeps its topology, and no step limits the motion.
"""

from typing import Literal

import torch

from lumenfield.errors import InputError
from lumenfield.levelset.redistance import redistance
from lumenfield.levelset.stencils import gradient_norm
from lumenfield.tensors import Fields

__all__ = ["displace", "tame"]

_STEEPEST = 0.9
"""Slope that a displacement keeps: the grid sees a little less than there is."""


def displace(
    phi: Fields,
    offset: Fields,
    spacing: tuple[float, ...],
    reach: float,
    *,
    band: float = 4.0,
    far: Literal["transform", "clip"] = "transform",
) -> Fields:
    """Move walls by −δ along their outward normals, less where that would change their topology.

    Args:
        phi: signed distance, mm.
        offset: δ, mm; negative grows the vessel. It is made smaller as a whole as `tame` says.
        reach: mm; the least distance from the wall to its medial surface.
    """
    return redistance(phi + tame(offset, spacing, reach), spacing, band=band, far=far)


def tame(offset: Fields, spacing: tuple[float, ...], reach: float) -> Fields:
    """Scale each field so that sup|∇δ| ≤ 0.9 and sup|δ| ≤ 0.9 reach; leave it if it is so.

    Raises:
        InputError: the reach is not positive.
    """
    if not reach > 0:
        todo = "give the smallest radius of the vessel, mm"
        raise InputError(f"reach {reach} mm", "a wall has a positive reach", todo)
    dims = tuple(range(2, offset.ndim))
    slope = gradient_norm(offset, spacing).amax(dims, keepdim=True)
    size = offset.abs().amax(dims, keepdim=True)
    excess = torch.maximum(slope, size / reach) / _STEEPEST
    return offset / excess.clamp(min=1)
