"""A first error bar from networks that disagree; separate because calibration decides its size."""

import math
from collections.abc import Iterable

import torch

from lumenfield.datatypes import MaternField
from lumenfield.levelset.stencils import gradient_norm
from lumenfield.networks import Calibration
from lumenfield.tensors import Fields, Tensor

__all__ = ["combine"]


def combine(
    members: Tensor, spacing: tuple[float, ...], calibrations: tuple[Calibration, ...]
) -> tuple[Fields, Fields, MaternField]:
    """Join the logits of networks and flips into one, with the spread of its zero level.

    The walls of the members lie apart by sd(z)/|∇z|, z the logits. That and σ_φ, the networks'
    error on held-out synthetic scans, add in quadrature; the disagreement is bounded by three
    voxels, beyond which it says only `unknown`.

    Args:
        members: logits, member × 1 × grid.

    Returns:
        Mean logits and spread in mm, both 1 × 1 × grid, and the field of the distance's error.
    """
    logits = members.mean(0, keepdim=True)
    voxel = math.prod(spacing) ** (1 / len(spacing))
    calibrated = voxel * math.sqrt(_mean(c.spread_voxels**2 for c in calibrations))
    apart = torch.zeros_like(logits)
    if len(members) > 1:
        slope = gradient_norm(logits, spacing).clamp(min=0.1 / voxel)
        apart = (members.std(0, keepdim=True) / slope).clamp(max=3 * voxel)
    spread = torch.sqrt(calibrated**2 + apart**2)
    length = voxel * _mean(c.length_voxels for c in calibrations)
    alpha = _mean(c.alpha for c in calibrations)
    return logits, spread, MaternField(calibrated, length, alpha)


def _mean(values: Iterable[float]) -> float:
    every = list(values)
    return sum(every) / len(every)
