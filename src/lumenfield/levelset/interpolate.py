"""Cubic B-splines through grids; separate so that values, slopes and curvatures come from one."""

import math

import torch
from torch.nn import functional

from lumenfield.levelset.stencils import extended
from lumenfield.tensors import Fields, Indices, Points, Tensor

__all__ = ["BORDER", "jets", "spline_coefficients"]

BORDER = 3
"""Voxels that the coefficients reach beyond the grid on each side."""

_POLE = 3**0.5 - 2
_HALF_WIDTH = 12
"""Taps on each side of the prefilter; the pole to that power is below float32's rounding."""


def spline_coefficients(phi: Fields, ndim: int) -> Tensor:
    """Prefilter a grid so that the cubic B-spline with these coefficients passes through it.

    Returns the coefficients on a grid larger by `BORDER` on every side, continued along the end
    slopes.

    Source: Unser, IEEE Signal Process. Mag. 16 (1999) 22; the recursive filter as its impulse
    response, so that it runs as one convolution an axis on any device.
    """
    for axis in range(ndim):
        phi = _filtered(extended(phi, axis, BORDER + _HALF_WIDTH), axis)
    return phi


def _filtered(wide: Tensor, axis: int) -> Tensor:
    taps = torch.arange(-_HALF_WIDTH, _HALF_WIDTH + 1, device=wide.device).abs()
    response = (_POLE ** taps.to(wide.dtype)) * (-6 * _POLE / (1 - _POLE**2))
    lines = wide.movedim(axis + 2, -1)
    flat = lines.reshape(-1, 1, lines.shape[-1])
    smooth = functional.conv1d(flat, response[None, None])
    return smooth.reshape(*lines.shape[:-1], -1).movedim(-1, axis + 2)


def jets(coefficients: Tensor, which: Indices, places: Points) -> Tensor:
    """Evaluate splines with their first and second derivatives.

    Args:
        coefficients: `item *grid`, from `spline_coefficients` of each item.
        which: the item each place belongs to, shape (n,).
        places: (n, ndim) in voxels of the unextended grid, its first voxel centre at zero.

    Returns:
        (n, 3, …, 3), one axis of derivative orders 0, 1, 2 for each grid axis, per voxel.
    """
    ndim = places.shape[-1]
    shape = coefficients.shape[1:]
    base = places.floor()
    top = torch.tensor([n - 2 * BORDER for n in shape], device=places.device)
    # Places that stray past the border read the last cell, extrapolated.
    base = torch.minimum(base.clamp(min=1 - BORDER), (top + BORDER - 3).to(base.dtype))
    weights = _weights(places - base)
    corner = base.long() + (BORDER - 1)
    index = which.reshape(-1, *[1] * ndim) * math.prod(shape)
    for axis in range(ndim):
        taps = corner[:, axis, None] + torch.arange(4, device=places.device)
        line = taps.reshape(-1, *[4 if a == axis else 1 for a in range(ndim)])
        index = index + line * math.prod(shape[axis + 1 :])
    values = coefficients.reshape(-1)[index]
    return torch.einsum(_CONTRACTION[ndim], values, *weights.unbind(1))


_CONTRACTION = {2: "nij,npi,nqj->npq", 3: "nijk,npi,nqj,nrk->npqr"}


def _weights(t: Tensor) -> Tensor:
    """Spline weights (n, ndim, order, tap) for offsets `t` from the second of four taps."""
    u = 1 - t
    value = torch.stack([u**3, 4 - 6 * t**2 + 3 * t**3, 4 - 6 * u**2 + 3 * u**3, t**3], -1) / 6
    slope = torch.stack([-(u**2), -4 * t + 3 * t**2, 4 * u - 3 * u**2, t**2], -1) / 2
    bend = torch.stack([u, 3 * t - 2, 3 * u - 2, t], -1)
    return torch.stack([value, slope, bend], -2)
