"""Brightness of lumen, wall and surroundings near each voxel; of either sign."""

import math
from dataclasses import dataclass

import torch

from lumenfield.levelset.spectral import along_axes
from lumenfield.refinement.tissue import Tissue
from lumenfield.spacing import voxel_mm
from lumenfield.tensors import Fields, Tensor

__all__ = ["Contrast", "Windows", "gaussian_window", "local_contrast", "windows_for"]

_HELD = 0.02
"""Weight of the wider window's answer, as a fraction of the voxels in a window."""


@dataclass(frozen=True, eq=False)
class Contrast:
    """Local brightness, `batch 1 *grid`, and how many voxels it rests on.

    Args:
        inside: of the lumen at this very depth.
        outside: of what touches the wall: the ring, where there is one.
        beyond: of what lies behind the ring; `outside` without one.
    """

    inside: Tensor
    outside: Tensor
    beyond: Tensor
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


def local_contrast(magnitude: Fields, tissue: Tissue, near: Fields, windows: Windows) -> Contrast:
    """Fit I = Σ_k f_k w_k, w_k the share of each tissue, around each voxel by least squares.

    The weight (2m − 1)² leaves out the edge itself, where a misplaced wall would bias the means.
    Each fit is held to that of a wider window, and the widest to the whole box, so that a tissue
    that is missing nearby is taken from afar.

    Args:
        magnitude: the scan.
        near: 1 where a voxel belongs to the wall's surroundings, else 0.
    """
    weight = near * (2 * tissue.lumen - 1).square()
    shares = tissue.shares()
    products = torch.cat(_moments(weight, shares, magnitude), dim=1)
    whole = products.flatten(2).mean(-1).reshape(*products.shape[:2], *[1] * (products.ndim - 2))
    start = [torch.zeros_like(whole[:, :1])] * len(shares)
    levels = _solved(whole, [0.0] * len(shares), start)
    for matrices in reversed(windows.matrices):
        local = along_axes(products, matrices)
        levels = _solved(local, [_HELD] * len(shares), levels)
    core, beyond, outside = levels[0], levels[1], levels[-1]
    counts = [local[:, k : k + 1] * windows.voxels for k in (0, len(levels) - 1)]
    return Contrast(outside + (core - outside) * tissue.light, outside, beyond, *counts)


def _moments(weight: Tensor, shares: list[Tensor], magnitude: Tensor) -> list[Tensor]:
    """Squares first, then mixed products, then those with the magnitude."""
    n = len(shares)
    weighted = [weight * share for share in shares]
    squares = [w * s for w, s in zip(weighted, shares, strict=True)]
    mixed = [weighted[i] * shares[j] for i in range(n) for j in range(i + 1, n)]
    return squares + mixed + [w * magnitude for w in weighted]


def _solved(moments: Tensor, held: list[float], earlier: list[Tensor]) -> list[Tensor]:
    """Solve the normal equations with a pull towards earlier answers, by elimination."""
    n = len(held)
    parts = moments.split(1, dim=1)
    total = torch.stack(parts[:n]).sum(0)
    ridges = [h + 1e-9 * total + 1e-30 for h in held]
    right = [parts[-n + i] + ridges[i] * earlier[i] for i in range(n)]
    matrix = [[parts[0]] * n for _ in range(n)]
    mixed = iter(parts[n:-n])
    for i in range(n):
        matrix[i][i] = parts[i] + ridges[i]
        for j in range(i + 1, n):
            matrix[i][j] = matrix[j][i] = next(mixed)
    for i in range(n):
        for j in range(i + 1, n):
            ratio = matrix[j][i] / matrix[i][i]
            right[j] = right[j] - ratio * right[i]
            matrix[j][i + 1 :] = [
                a - ratio * b for a, b in zip(matrix[j][i + 1 :], matrix[i][i + 1 :], strict=True)
            ]
    levels = list(right)
    for i in reversed(range(n)):
        known = sum((matrix[i][j] * levels[j] for j in range(i + 1, n)), torch.zeros_like(total))
        levels[i] = (right[i] - known) / matrix[i][i]
    return levels


def gaussian_window(n: int, deviation: float, like: Tensor) -> Tensor:
    """Smooth along an axis with unit weight on an endless line, nothing beyond the grid."""
    place = torch.arange(n, dtype=like.dtype, device=like.device)
    gap = (place[:, None] - place) / deviation
    return torch.exp(-0.5 * gap.square()) / (deviation * math.sqrt(2 * math.pi))
