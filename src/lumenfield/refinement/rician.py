"""The mean of a magnitude under complex noise; separate because it is exact and known by name."""

import math

import torch

from lumenfield.tensors import Tensor

__all__ = ["RAYLEIGH_DEVIATION", "RAYLEIGH_MEAN", "rician_mean", "rician_signal", "rician_slope"]

RAYLEIGH_MEAN = math.sqrt(math.pi / 2)
"""Mean of the magnitude of pure noise, in standard deviations of one complex component."""

RAYLEIGH_DEVIATION = math.sqrt(2 - math.pi / 2)


def rician_mean(signal: Tensor, sigma: float) -> Tensor:
    """Compute E|A + n| = σ √(π/2) [(1 + q) I₀ᵉ(q/2) + q I₁ᵉ(q/2)], q = A²/2σ².

    Source: Rice, Bell Syst. Tech. J. 24 (1945) 46; Iᵉ are exponentially scaled.
    """
    if sigma <= 0:
        return signal
    q = 0.5 * (signal / sigma).square()
    zero, one = torch.special.i0e(q / 2), torch.special.i1e(q / 2)
    return sigma * RAYLEIGH_MEAN * ((1 + q) * zero + q * one)


def rician_slope(signal: Tensor, sigma: float) -> Tensor:
    """Compute ∂E|A + n|/∂A = ½ √(π/2) (A/σ) [I₀ᵉ(q/2) + I₁ᵉ(q/2)]."""
    if sigma <= 0:
        return torch.ones_like(signal)
    ratio = signal / sigma
    q = 0.5 * ratio.square()
    both = torch.special.i0e(q / 2) + torch.special.i1e(q / 2)
    return 0.5 * RAYLEIGH_MEAN * ratio * both


def rician_signal(mean: Tensor, sigma: float) -> Tensor:
    """Undo `rician_mean`; a mean below that of pure noise has no signal.

    Source: the fixed point of Koay & Basser, J. Magn. Reson. 179 (2006) 317.
    """
    if sigma <= 0:
        return mean
    square = (mean.square() - sigma**2).clamp(min=0)
    for _ in range(6):
        square = (square + mean.square() - rician_mean(square.sqrt(), sigma).square()).clamp(min=0)
    return square.sqrt()
