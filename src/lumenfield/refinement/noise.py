"""Noise of a scan, measured beside the wall: how large, how correlated, and of which kind."""

from dataclasses import dataclass

import torch

from lumenfield.refinement.contrast import Contrast
from lumenfield.refinement.rician import RAYLEIGH_DEVIATION, RAYLEIGH_MEAN
from lumenfield.refinement.tissue import Tissue
from lumenfield.tensors import Fields, Tensor

__all__ = ["Noise", "estimate_noise", "huber_deviation", "independent_share"]

_EFFICIENCY = 0.97756
"""Mean of min(z², 2.5²) for a standard normal z."""

_POOLED = 20.0
"""Voxels' worth of the other class that each class's variance is held to."""


@dataclass(frozen=True)
class Noise:
    """Noise beside the wall.

    Args:
        inside: standard deviation in the lumen. outside: and around it.
        rician: σ of one complex component, or 0 where the noise is additive.
        gain: β, the share of it that is independent from voxel to voxel.
        texture: correlation at three voxels, which no acquisition causes.
    """

    inside: float
    outside: float
    rician: float
    gain: float
    texture: float


def estimate_noise(
    magnitude: Fields, tissue: Tissue, near: Fields, contrast: Contrast, gain: float | None
) -> Noise:
    """Measure the residuals about the local means, away from the edge.

    Args:
        tissue: voxels with m > 0.95 are lumen, those with m < 0.05 are not; none is at an edge.
        gain: β where it is known.
    """
    lumen = (tissue.lumen > 0.95) & (near > 0)
    pure = (tissue.within < 0.05) | (tissue.within > 0.95)
    around = (tissue.lumen < 0.05) & pure & (near > 0)
    behind = contrast.beyond + (contrast.outside - contrast.beyond) * tissue.within
    residual = magnitude - torch.where(tissue.lumen > 0.5, contrast.inside, behind)
    inside, outside = _pooled_deviations(residual[lumen], residual[around])
    rician = 0.0
    if bool((magnitude >= 0).all()):
        rician = _complex_deviation(contrast, lumen, around, inside, outside)
    unit = torch.where(lumen, residual / max(inside, 1e-30), residual / max(outside, 1e-30))
    share_independent, texture = independent_share(unit, lumen | around)
    return Noise(inside, outside, rician, gain or share_independent, texture)


def huber_deviation(residuals: Tensor) -> float:
    """Estimate a standard deviation that a few outliers cannot spoil.

    Solves mean min(r², (2.5σ)²) = 0.978 σ², starting from the median (Huber 1964).
    """
    if residuals.numel() < 2:
        return 0.0
    absolute = residuals.abs()
    deviation = 1.4826 * absolute.median().item()
    if deviation == 0.0:
        deviation = absolute.mean().item()
    for _ in range(10):
        clipped = absolute.clamp(max=2.5 * deviation)
        deviation = (clipped.square().mean().item() / _EFFICIENCY) ** 0.5
    return deviation


def independent_share(unit: Fields, measured: Tensor) -> tuple[float, float]:
    """Estimate β = Π_a 1/τ_a, τ_a = 1 + 2ρ_a(1) + 2ρ_a(2) + ρ_a(3).

    For data zero-filled by f on each axis, ρ is a sinc and β ≈ f^(−d); half the last term is
    the mean of the sums that stop before and after it, which lie on either side of f.

    Args:
        unit: residuals in standard deviations. measured: where they are noise alone.

    Returns:
        β, and the mean correlation at a lag of three voxels.
    """
    gain, far = 1.0, []
    clipped = unit.clamp(-2.5, 2.5) * measured
    power = (clipped.square().sum() / measured.sum().clamp(min=1)).item()
    for axis in range(2, unit.ndim):
        found = [_correlation(clipped, measured, power, axis, lag) for lag in (1, 2, 3)]
        gain /= max(1.0, 1 + 2 * found[0] + 2 * found[1] + found[2])
        far.append(found[2])
    return max(gain, 1 / 64), sum(far) / len(far)


def _correlation(unit: Tensor, measured: Tensor, power: float, axis: int, lag: int) -> float:
    """Correlation along an axis, zero unless it exceeds twice its own error."""
    n = unit.shape[axis]
    if n <= lag or power <= 0:
        return 0.0
    pairs = measured.narrow(axis, lag, n - lag) & measured.narrow(axis, 0, n - lag)
    count = int(pairs.sum())
    if count < 16:
        return 0.0
    product = unit.narrow(axis, lag, n - lag) * unit.narrow(axis, 0, n - lag)
    found = (product * pairs).sum().item() / count / power
    return found if abs(found) > 2 / count**0.5 else 0.0


def _pooled_deviations(inside: Tensor, outside: Tensor) -> tuple[float, float]:
    first, second = huber_deviation(inside) ** 2, huber_deviation(outside) ** 2
    n, m = inside.numel(), outside.numel()
    both = (n * first + m * second) / max(n + m, 1)
    first = (n * first + _POOLED * both) / (n + _POOLED)
    second = (m * second + _POOLED * both) / (m + _POOLED)
    return first**0.5, second**0.5


def _complex_deviation(
    contrast: Contrast, lumen: Tensor, around: Tensor, inside: float, outside: float
) -> float:
    """σ of one complex component: no larger than either class, or its mean, allows."""
    if not lumen.any() or not around.any():
        return 0.0
    means = contrast.inside[lumen].median().item(), contrast.outside[around].median().item()
    bright, dark = (inside, outside) if means[0] > means[1] else (outside, inside)
    return max(0.0, min(bright, dark / RAYLEIGH_DEVIATION, min(means) / RAYLEIGH_MEAN))
