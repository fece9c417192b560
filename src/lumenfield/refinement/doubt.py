"""What the linear posterior leaves out of the spread; each part is a model error with a name."""

import math

import torch
from torch.nn import functional

from lumenfield.datatypes import MaternField
from lumenfield.refinement.edge import widest_point_spread
from lumenfield.refinement.refine import Estimate
from lumenfield.spacing import voxel_mm
from lumenfield.tensors import Fields, Tensor

__all__ = ["common_doubt", "excess_blur", "far_from_start", "widened"]

_WIDER = 1.1
"""A blur that exceeds the widest that noise tells of by this factor asks for an explanation."""

_FAR = 3.0
"""Standard deviations of the start's error beyond which a move is implausible."""

_THIN_SPREAD = 0.25


def widened(
    spread: Fields, estimate: Estimate, spacing: tuple[float, ...], field: MaternField, blur: float
) -> Fields:
    """Widen σ_n by what the posterior of a linear model with known brightness cannot hold.

    - the doubt that all of the wall shares, as far as the scan and not the prior placed it
    - a third of a move that the start's error makes implausible, where there was one
    - at least a quarter of a voxel where the lumen is too thin to show its brightness

    Args:
        blur: excess of the point spread, voxels.
    """
    doubt = math.hypot(common_doubt(estimate), blur) * voxel_mm(spacing)
    told = (1 - spread.square() / field.spread_mm**2).clamp(min=0)
    spread = (spread.square() + told * doubt**2).sqrt()
    moved = _around(_moved(estimate) * far_from_start(estimate, field), len(spacing))
    spread = torch.maximum(spread, moved / _FAR)
    floor = _THIN_SPREAD * max(spacing)
    return torch.where(estimate.thin, spread.clamp(min=floor), spread)


def common_doubt(estimate: Estimate) -> float:
    """Give the doubt about layers and brightness, voxels."""
    return estimate.view.known.layers.doubt


def excess_blur(estimate: Estimate) -> float:
    """Compute √(s² − (1.1 s₀)²), voxels: an edge is wider than the noise's correlation explains.

    A graded lumen, a ring too thin to be seen, pulsation: each leaves it open where in the edge
    the wall is.
    """
    noise = estimate.view.noise
    widest = _WIDER * widest_point_spread(noise.gain, estimate.field.ndim - 2)
    return math.sqrt(max(0.0, estimate.view.known.point_spread**2 - widest**2))


def far_from_start(estimate: Estimate, field: MaternField) -> Tensor:
    """Mark the voxels at a wall that came from further than 3 σ_φ."""
    wall = estimate.view.frame.distance.abs() < estimate.view.frame.voxel
    return wall & (_moved(estimate) > _FAR * field.spread_mm)


def _moved(estimate: Estimate) -> Tensor:
    return (estimate.start - estimate.view.frame.distance).abs()


def _around(values: Tensor, ndim: int) -> Tensor:
    pool = functional.max_pool2d if ndim == 2 else functional.max_pool3d
    return pool(values, 9, stride=1, padding=4)
