"""A first error bar from networks that disagree; separate because calibration decides its size."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch

from lumenfield.datatypes import MaternField
from lumenfield.levelset.stencils import gradient_norm
from lumenfield.networks import Calibration
from lumenfield.spacing import voxel_mm
from lumenfield.tensors import Tensor

__all__ = ["Joined", "combine"]


@dataclass(frozen=True, eq=False)
class Joined:
    """What all members say together, 1 × 1 × grid.

    Args:
        logits: the largest over scales of their means.
        agreed: where every scale says lumen.
        spread: mm, of the zero level along its normal.
        field: of the error of the distance.
    """

    logits: Tensor
    agreed: Tensor
    spread: Tensor
    field: MaternField


def combine(
    by_scale: Sequence[Tensor], spacing: tuple[float, ...], calibrations: tuple[Calibration, ...]
) -> Joined:
    """Join the logits of networks, flips and scales into one, with the spread of its zero level.

    The walls of the members of a scale lie apart by sd(z)/|∇z|, z the logits. That and σ_φ, the
    networks' error on held-out synthetic scans, add in quadrature; the disagreement is bounded by
    three voxels, beyond which it says only `unknown`.

    Args:
        by_scale: for each scale the logits of its members, member × 1 × grid.
    """
    means = torch.stack([members.mean(0, keepdim=True) for members in by_scale])
    voxel = voxel_mm(spacing)
    calibrated = voxel * math.sqrt(_mean(c.spread_voxels**2 for c in calibrations))
    apart = torch.zeros_like(means[0])
    for members, mean in zip(by_scale, means, strict=True):
        if len(members) > 1:
            slope = gradient_norm(mean, spacing).clamp(min=0.1 / voxel)
            width = (members.std(0, keepdim=True) / slope).clamp(max=3 * voxel)
            apart = torch.maximum(apart, width)
    field = MaternField(
        calibrated,
        voxel * _mean(c.length_voxels for c in calibrations),
        _mean(c.alpha for c in calibrations),
    )
    spread = torch.sqrt(calibrated**2 + apart**2)
    return Joined(means.amax(0), (means > 0).all(0), spread, field)


def _mean(values: Iterable[float]) -> float:
    every = list(values)
    return sum(every) / len(every)
