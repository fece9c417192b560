"""Brightness of the lumen and of what surrounds it, near each voxel; of either sign."""

import math
from dataclasses import dataclass

import torch

from lumenfield.levelset.spectral import along_axes
from lumenfield.spacing import voxel_mm
from lumenfield.tensors import Fields, Tensor

__all__ = ["Contrast", "Windows", "gaussian_window", "local_contrast", "windows_for"]

_HELD = 0.02
"""Weight of the wider window's answer, as a fraction of the voxels in a window."""


@dataclass(frozen=True, eq=False)
class Contrast:
    """Local means, `batch 1 *grid`, and how many voxels each rests on."""

    inside: Tensor
    outside: Tensor
    voxels_inside: Tensor
    voxels_outside: Tensor


@dataclass(frozen=True, eq=False)
class Windows:
    """Gaussian windows as one smoothing matrix an axis, from narrow to wide."""

    matrices: tuple[tuple[Tensor, ...], ...]
    voxels: float
    """Voxels that a mean over the narrow window averages."""


def windows_for(like: Fields, spacing: tuple[float, ...], width: float) -> Windows:
    """Make the narrow window and one three times as wide.

    Args:
        width: full width at half maximum, in voxels of the same volume.
    """
    deviation = width * voxel_mm(spacing) / (2 * math.sqrt(2 * math.log(2)))
    scales = [tuple(deviation * f / h for h in spacing) for f in (1.0, 3.0)]
    matrices = [
        tuple(gaussian_window(n, s, like) for n, s in zip(like.shape[2:], scale, strict=True))
        for scale in scales
    ]
    voxels = math.prod(math.sqrt(4 * math.pi) * s for s in scales[0])
    return Windows(tuple(matrices), voxels)


def local_contrast(magnitude: Fields, share: Fields, near: Fields, windows: Windows) -> Contrast:
    """Fit I = f_out (1 − m) + f_in m in a window around each voxel, by weighted least squares.

    The weight (2m − 1)² leaves out the edge itself, where a misplaced wall would bias the means.
    Each fit is held to that of a wider window, and the widest to the whole box, so that a class
    that is missing nearby is taken from afar.

    Args:
        magnitude: the scan.
        share: m, share of the lumen in each voxel.
        near: 1 where a voxel belongs to the wall's surroundings, else 0.
    """
    weight = near * (2 * share - 1).square()
    out = 1 - share
    terms = [weight * t for t in (out * out, out * share, share * share)]
    terms += [weight * magnitude * t for t in (out, share)]
    products = torch.cat(terms, dim=1)
    whole = products.flatten(2).mean(-1).reshape(len(products), 5, *[1] * (products.ndim - 2))
    outside, inside = _solved(whole, 0.0, torch.zeros_like(whole[:, :1]), whole[:, :1] * 0)
    for matrices in reversed(windows.matrices):
        local = along_axes(products, matrices)
        outside, inside = _solved(local, _HELD, outside, inside)
    return Contrast(inside, outside, local[:, 2:3] * windows.voxels, local[:, :1] * windows.voxels)


def _solved(moments: Tensor, held: float, outside: Tensor, inside: Tensor) -> tuple[Tensor, Tensor]:
    """Solve the 2×2 normal equations with a pull towards earlier answers."""
    a, b, c, p, q = moments.split(1, dim=1)
    ridge = held + 1e-9 * (a + c) + 1e-30
    a, c = a + ridge, c + ridge
    p, q = p + ridge * outside, q + ridge * inside
    determinant = a * c - b * b
    return (c * p - b * q) / determinant, (a * q - b * p) / determinant


def gaussian_window(n: int, deviation: float, like: Tensor) -> Tensor:
    """Smooth along an axis with unit weight on an endless line, nothing beyond the grid."""
    place = torch.arange(n, dtype=like.dtype, device=like.device)
    gap = (place[:, None] - place) / deviation
    return torch.exp(-0.5 * gap.square()) / (deviation * math.sqrt(2 * math.pi))
