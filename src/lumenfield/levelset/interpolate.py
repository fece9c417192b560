"""Cubic B-splines through grids; separate so that values, slopes and curvatures come from one."""

import math

import torch

from lumenfield.levelset.stencils import extended
from lumenfield.tensors import Fields, Indices, Tensor

__all__ = ["BORDER", "Jet", "jets", "spline_coefficients"]

BORDER = 2
"""Voxels that the coefficients reach beyond the grid on each side."""

_POLE = 3**0.5 - 2
_HALF_WIDTH = 12
"""Taps on each side of the prefilter; the pole to that power is 1e-7."""

Jet = tuple[Tensor, Tensor, Tensor]
"""Value (n), slope (ndim, n) and the upper triangle of the Hessian row by row (·, n)."""


def spline_coefficients(phi: Fields) -> Tensor:
    """Prefilter grids so that the cubic B-spline with these coefficients passes through them.

    Returns the coefficients on a grid larger by `BORDER` on every side, continued along the end
    slopes.

    Source: Unser, IEEE Signal Process. Mag. 16 (1999) 22; the recursive filter as its impulse
    response, so that every device runs it, and with sums in one order on any number of threads.
    """
    for axis in range(phi.ndim - 2):
        phi = _filtered(extended(phi, axis, BORDER + _HALF_WIDTH), axis + 2)
    return phi


def _filtered(wide: Tensor, dim: int) -> Tensor:
    n = wide.shape[dim] - 2 * _HALF_WIDTH
    height = -6 * _POLE / (1 - _POLE**2)
    smooth = wide.narrow(dim, _HALF_WIDTH, n) * height
    for tap in range(1, _HALF_WIDTH + 1):
        for start in (_HALF_WIDTH - tap, _HALF_WIDTH + tap):
            smooth.add_(wide.narrow(dim, start, n), alpha=height * _POLE**tap)
    return smooth


def jets(coefficients: Tensor, which: Indices, places: Tensor) -> Jet:
    """Evaluate splines with their first and second derivatives.

    Args:
        coefficients: `batch channel *grid`, from `spline_coefficients`.
        which: the grid each place belongs to, counted over batch and channel, shape (n).
        places: (ndim, n) in voxels of the unextended grid, its first voxel centre at zero.

    Returns:
        Value, slope and Hessian, per voxel.
    """
    values, weights = _taps(coefficients, which, places)
    ndim = len(weights)
    # Orders of derivation along the axes done so far → what is left to be summed.
    partial: dict[tuple[int, ...], Tensor] = {(): values}
    for axis in reversed(range(ndim)):
        partial = {
            (order, *done): _summed(part, weights[axis][order])
            for done, part in partial.items()
            for order in range(3 - sum(done))
        }
    unit = [tuple(int(a == b) for b in range(ndim)) for a in range(ndim)]
    slope = torch.stack([partial[u] for u in unit])
    pairs = [(unit[a], unit[b]) for a in range(ndim) for b in range(a, ndim)]
    bend = [partial[tuple(i + j for i, j in zip(u, v, strict=True))] for u, v in pairs]
    return partial[(0,) * ndim], slope, torch.stack(bend)


def _summed(taps: Tensor, weight: Tensor) -> Tensor:
    """Sum over the last axis of taps; the places run along the very last dimension."""
    total = taps[..., 0, :] * weight[0]
    for k in (1, 2, 3):
        total += taps[..., k, :] * weight[k]
    return total


def _taps(
    coefficients: Tensor, which: Indices, places: Tensor
) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
    """The 4^ndim coefficients around each place, and their weights by axis and order."""
    shape = coefficients.shape[2:]
    ndim, n = places.shape
    index, weights = which * math.prod(shape), []
    offsets = index.new_zeros(())
    for axis, size in enumerate(shape):
        # Places that stray past the border read the last cell, extrapolated.
        base = places[axis].floor().clamp(1 - BORDER, size - BORDER - 3)
        weights.append(_weights(places[axis] - base))
        stride = math.prod(shape[axis + 1 :])
        index = index + (base.long() + (BORDER - 1)) * stride
        offsets = offsets[..., None] + torch.arange(4, device=places.device) * stride
    flat = (offsets.reshape(-1, 1) + index).reshape(-1)
    values = coefficients.reshape(-1).index_select(0, flat)
    return values.reshape(*[4] * ndim, n), weights


def _weights(t: Tensor) -> tuple[Tensor, ...]:
    """Spline weights (tap, n) of orders 0, 1, 2 for offsets `t` from the second of four taps."""
    u = 1 - t
    value = torch.stack([u**3, 4 - 6 * t**2 + 3 * t**3, 4 - 6 * u**2 + 3 * u**3, t**3]) / 6
    slope = torch.stack([-(u**2), -4 * t + 3 * t**2, 4 * u - 3 * u**2, t**2]) / 2
    bend = torch.stack([u, 3 * t - 2, 3 * u - 2, t])
    return value, slope, bend
