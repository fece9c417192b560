"""How a wall looks in a magnitude scan; separate because it is all that is known of the scanner."""

import math

import torch

from lumenfield.refinement.frame import Frame
from lumenfield.tensors import Tensor

__all__ = [
    "DEFAULT_POINT_SPREAD",
    "occupancy",
    "occupancy_slope",
    "usual_point_spread",
    "widest_point_spread",
]

DEFAULT_POINT_SPREAD = 0.55
"""Voxels; a voxel's own box blurs by 0.29, the usual k-space window by the rest."""

_BLURRED = 0.52
"""Share of the noise's correlation, in logarithms, that edges show too: fitted to 161 scans."""


def usual_point_spread(gain: float, ndim: int) -> float:
    """Give the blur that goes with noise of which a share β is independent, 0.55 β^(−0.52/d).

    Less than `widest_point_spread`, for texture is alike from voxel to voxel too, and blurs
    nothing (`benchmarks/LOG.md`). In voxels.
    """
    return DEFAULT_POINT_SPREAD * gain ** (-_BLURRED / ndim)


def widest_point_spread(gain: float, ndim: int) -> float:
    """Give the same if all of the noise's correlation is the scanner's: 0.55 β^(−1/d) voxels.

    Whatever interpolates or filters the scan blurs its edges and its noise alike.
    """
    return DEFAULT_POINT_SPREAD * gain ** (-1 / ndim)


def occupancy(frame: Frame, point_spread: float) -> Tensor:
    """Compute the share of the lumen in each voxel: m = Φ(−(φ + ½κs²)/s).

    A Gaussian point spread has the standard deviation s h_a along axis a, hence s·`voxel` along
    the normal, and ½κs² becomes ½s²·`bend`.

    Args:
        point_spread: s in voxels.
    """
    return torch.special.ndtr(-_reduced(frame, point_spread))


def occupancy_slope(frame: Frame, point_spread: float) -> Tensor:
    """Compute ∂m/∂φ, per mm; never positive."""
    reduced = _reduced(frame, point_spread)
    density = torch.exp(-0.5 * reduced.square()) / math.sqrt(2 * math.pi)
    return -density / (point_spread * frame.voxel)


def _reduced(frame: Frame, point_spread: float) -> Tensor:
    shifted = frame.distance + 0.5 * point_spread**2 * frame.bend
    return shifted / (point_spread * frame.voxel)
