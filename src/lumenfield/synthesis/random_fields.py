"""Smooth random fields at a coarse grid's price; separate since tissue and texture share it."""

import math

import torch
from torch.nn import functional

from lumenfield.levelset.spectral import draw_matern
from lumenfield.tensors import Fields

__all__ = ["smooth_field"]

_MODES = {2: "bilinear", 3: "trilinear"}


def smooth_field(
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    length_mm: float,
    generator: torch.Generator,
    alpha: float = 3.0,
) -> Fields:
    """Draw a Matérn field of unit standard deviation, or up to a fifth below.

    A field smooth over many voxels is drawn on every f-th voxel, f at most half its correlation
    length, and interpolated, which takes part of its variance.

    Returns:
        1 × 1 × `shape`.
    """
    factors = [
        max(1, min(8, math.floor(length_mm / h / 2), n // 4)) for n, h in _axes(shape, spacing)
    ]
    coarse = tuple(math.ceil((n - 1) / f) + 1 for n, f in zip(shape, factors, strict=True))
    wide = tuple(h * f for h, f in zip(spacing, factors, strict=True))
    field = draw_matern(
        coarse, wide, spread=1.0, length=length_mm, alpha=alpha, generator=generator
    )
    if coarse != shape:
        size = [(n - 1) * f + 1 for n, f in zip(coarse, factors, strict=True)]
        field = functional.interpolate(field, size, mode=_MODES[len(shape)], align_corners=True)
        for axis, n in enumerate(shape):
            field = field.narrow(axis + 2, 0, n)
    return field


def _axes(shape: tuple[int, ...], spacing: tuple[float, ...]) -> list[tuple[int, float]]:
    return list(zip(shape, spacing, strict=True))
