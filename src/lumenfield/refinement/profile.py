"""Mean brightness along the wall's normal, the mean over all of the wall: separate as it is 1-D.

Thousands of voxels share it, so it can tell what no single voxel can: whether the lumen is graded,
whether a ring lies around it, and how far all of the wall may be off for not knowing either.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.refinement.frame import Frame
from lumenfield.tensors import Fields, Tensor

__all__ = ["Profile", "mean_profile"]

_REACH = 5.0
_BIN = 0.25
_LEAST = 12
"""Voxels that a bin needs, and bins that a profile needs."""


@dataclass(frozen=True, eq=False)
class Profile:
    """Mean brightness at each distance from the wall; one entry a bin.

    Args:
        place: signed distance, voxels, with the shift that a curved edge's blur brings.
        mean: of the magnitude. error: of the mean, were all voxels independent.
        depth: mean of ψ, how far the lumen has come from rim to core.
    """

    place: NDArray[np.float64]
    mean: NDArray[np.float64]
    error: NDArray[np.float64]
    depth: NDArray[np.float64]


def mean_profile(
    magnitude: Fields, frame: Frame, depth: Tensor, near: Tensor, point_spread: float
) -> Profile | None:
    """Average the scan over the wall at each signed distance; none where there is too little."""
    place = (frame.distance + 0.5 * point_spread**2 * frame.bend) / frame.voxel
    kept = (near > 0) & (place.abs() < _REACH)
    where = torch.floor((place[kept] + _REACH) / _BIN).long()
    n = round(2 * _REACH / _BIN)
    light = magnitude[kept].double()
    terms = [torch.ones_like(light), place[kept], light, light.square(), depth[kept]]
    sums = [torch.bincount(where, weights=t.double(), minlength=n)[:n].cpu().numpy() for t in terms]
    full = sums[0] >= _LEAST
    if full.sum() < _LEAST:
        return None
    count, at, mean, square, psi = (t[full] for t in sums)
    at, mean, psi = at / count, mean / count, psi / count
    variance = np.maximum(square / count - mean**2, 1e-8 * mean**2 + 1e-30)
    pooled = np.average(variance, weights=count)
    error = np.sqrt((0.5 * variance + 0.5 * pooled) / count)
    return Profile(at, mean, error, psi) if (at < -1).any() and (at > 1).any() else None
