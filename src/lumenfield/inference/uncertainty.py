"""A first error bar from networks that disagree; separate because calibration decides its size."""

import math
from collections.abc import Iterable

import torch

from lumenfield.datatypes import MaternField
from lumenfield.levelset.stencils import gradient_norm
from lumenfield.networks import Calibration
from lumenfield.spacing import voxel_mm
from lumenfield.tensors import Tensor

__all__ = ["RunningMean", "calibrated_field", "joined_spread", "walls_apart"]

_WIDEST = 3.0
"""Voxels; beyond it a disagreement says only `unknown`."""


class RunningMean:
    """Mean and variance of grids that come one after another; none of them is kept.

    Welford, Technometrics 4 (1962) 419.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = torch.zeros(())
        self._squares = torch.zeros(())

    def add(self, grid: Tensor) -> None:
        """Take one more grid into account."""
        self.count += 1
        if self.count == 1:
            self.mean, self._squares = grid.clone(), torch.zeros_like(grid)
            return
        gap = grid - self.mean
        self.mean += gap / self.count
        self._squares.addcmul_(gap, grid - self.mean)

    @property
    def variance(self) -> Tensor:
        """Unbiased; zero for a single grid."""
        return self._squares / max(1, self.count - 1)


def walls_apart(logits: RunningMean, spacing: tuple[float, ...]) -> Tensor:
    """Say how far the walls of the members lie apart: sd(z)/|∇z|, z their logits, mm.

    Cut at three voxels.
    """
    if logits.count < 2:
        return torch.zeros_like(logits.mean)
    voxel = voxel_mm(spacing)
    slope = gradient_norm(logits.mean, spacing).clamp(min=0.1 / voxel)
    return (logits.variance.sqrt() / slope).clamp(max=_WIDEST * voxel)


def calibrated_field(
    calibrations: tuple[Calibration, ...], spacing: tuple[float, ...]
) -> MaternField:
    """Join the errors that networks had on held-out synthetic scans, in this scan's millimetres."""
    voxel = voxel_mm(spacing)
    return MaternField(
        voxel * math.sqrt(_mean(c.spread_voxels**2 for c in calibrations)),
        voxel * _mean(c.length_voxels for c in calibrations),
        _mean(c.alpha for c in calibrations),
    )


def joined_spread(apart: Tensor, field: MaternField) -> Tensor:
    """Add disagreement and the calibrated error in quadrature, mm, float32."""
    return apart.float().square_().add_(field.spread_mm**2).sqrt_()


def _mean(values: Iterable[float]) -> float:
    every = list(values)
    return sum(every) / len(every)
