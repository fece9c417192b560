"""Smooth random fields of an exact spread, at the price of the few waves they are made of."""

import math

import torch

from lumenfield.levelset.spectral import along_axes
from lumenfield.tensors import Fields, Tensor

__all__ = ["smooth_field"]

_REACH = 5.0
"""Waves up to this wave number times the length are kept: less than 1 % of the power is beyond."""

_APART = 4.0
"""Lengths between one end of the grid and the repetition of the other."""


def smooth_field(
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    length_mm: float,
    generator: torch.Generator,
    alpha: float = 3.0,
) -> Fields:
    """Draw a Matérn field of mean zero and unit standard deviation at every voxel.

    δ(x) = Σ_k √S(k) ξ_k e_k(x), S ∝ (1 + ℓ²|k|²)^(−α), over the real waves e_k of a period that
    is longer than the grid, so that no border differs from the inside. Waves much shorter than ℓ
    carry nothing and are left out; the rest is one small matrix product an axis.

    Args:
        length_mm: ℓ; in 3-D with α = 3 the correlation at distance r is (1 + r/ℓ) exp(−r/ℓ).
        generator: the field is made on its device.

    Returns:
        1 × 1 × `shape`.

    Source: Whittle, Biometrika 41 (1954) 434, for the spectrum.
    """
    device, ndim = generator.device, len(shape)
    square = torch.ones((), device=device)
    bases = []
    for axis, (n, h) in enumerate(zip(shape, spacing, strict=True)):
        turn, basis = _waves(n, h, length_mm, device)
        bases.append(basis)
        square = square + turn.square().reshape([-1 if a == axis else 1 for a in range(ndim)])
    root = square.pow_(-alpha / 2)
    root /= root.square().sum().sqrt()
    white = torch.randn(root.shape, generator=generator, device=device).mul_(root)
    return along_axes(white[None, None], bases).contiguous()


def _waves(
    n: int, spacing: float, length: float, device: torch.device | str
) -> tuple[Tensor, Tensor]:
    """ℓk of each wave of one axis, and the waves themselves, n × waves, of unit mean square."""
    period = n + math.ceil(_APART * length / spacing)
    highest = min((period - 1) // 2, math.ceil(_REACH * period * spacing / (2 * math.pi * length)))
    turns = torch.arange(highest + 1, dtype=torch.float64, device=device) * (2 * math.pi / period)
    angle = torch.arange(n, dtype=torch.float64, device=device)[:, None] * turns
    waves = [torch.ones_like(angle[:, :1]), torch.cos(angle[:, 1:]), torch.sin(angle[:, 1:])]
    basis = torch.cat([waves[0], math.sqrt(2) * waves[1], math.sqrt(2) * waves[2]], 1)
    return (torch.cat([turns, turns[1:]]) * (length / spacing)).float(), basis.float()
