"""What surrounds the vessels; separate because the background is half of what a network learns.

Levels are in units of a reference signal of one; the lumen has its own level.
"""

import math
from dataclasses import dataclass

import torch

from lumenfield.synthesis.draws import Draw, Range, check_range
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.tensors import Fields, Tensor

__all__ = ["Organ", "Tissue", "TissueRanges", "draw_tissue", "paint_tissue"]


@dataclass(frozen=True)
class TissueRanges:
    """What the surroundings may be like.

    Args:
        classes: how many kinds of tissue fill the space.
        level: signal of each kind.
        patch_voxels: correlation length of the patches they form, log-uniform.
        organs: how many ellipsoids lie among them, of `organ_level` and `organ_voxels` radius.
        sheets: how many thin sheets (bone, fat, membranes), of `sheet_level`.
        air: chance that part of the field of view is empty.
    """

    classes: tuple[int, int] = (1, 5)
    level: Range = (0.1, 0.45)
    patch_voxels: Range = (4.0, 40.0)
    organs: tuple[int, int] = (0, 4)
    organ_level: Range = (0.0, 1.0)
    organ_voxels: Range = (2.0, 20.0)
    sheets: tuple[int, int] = (0, 2)
    sheet_level: Range = (0.0, 0.8)
    air: float = 0.4

    def __post_init__(self) -> None:
        check_range("classes", self.classes, 1.0)
        check_range("patch_voxels", self.patch_voxels, 1.0)
        check_range("organ_voxels", self.organ_voxels, 1.0)
        for name in ("level", "organs", "organ_level", "sheets", "sheet_level"):
            check_range(name, getattr(self, name), 0.0)


@dataclass(frozen=True)
class Organ:
    """An ellipsoid: centre as a share of the extent, semi-axes in voxels."""

    centre: tuple[float, ...]
    radii_voxels: tuple[float, ...]
    level: float


@dataclass(frozen=True)
class Tissue:
    """One drawn surrounding; the fields come from the renderer's generator."""

    levels: tuple[float, ...]
    patch_voxels: float
    organs: tuple[Organ, ...]
    sheets: tuple[tuple[float, float, float], ...]
    """(length in voxels, half thickness as a share of it, level) of each."""
    air: float
    """Share of the field of view that is empty."""


def draw_tissue(draw: Draw, ranges: TissueRanges, ndim: int) -> Tissue:
    """Draw the kinds, organs and sheets of one scan."""
    organs = []
    for _ in range(draw.whole(ranges.organs)):
        radius = draw.log_uniform(ranges.organ_voxels)
        organs.append(
            Organ(
                tuple(draw.uniform((-0.5, 0.5)) for _ in range(ndim)),
                tuple(radius * draw.uniform((0.7, 1.6)) for _ in range(ndim)),
                draw.uniform(ranges.organ_level),
            )
        )
    sheets = tuple(
        (
            draw.log_uniform((8.0, 40.0)),
            draw.uniform((0.03, 0.12)),
            draw.uniform(ranges.sheet_level),
        )
        for _ in range(draw.whole(ranges.sheets))
    )
    return Tissue(
        tuple(draw.uniform(ranges.level) for _ in range(draw.whole(ranges.classes))),
        draw.log_uniform(ranges.patch_voxels),
        tuple(organs),
        sheets,
        draw.uniform((0.1, 0.5)) if draw.happens(ranges.air) else 0.0,
    )


def paint_tissue(
    tissue: Tissue, shape: tuple[int, ...], spacing: tuple[float, ...], generator: torch.Generator
) -> Fields:
    """Paint the surroundings, 1 × 1 × `shape`; borders are about one voxel wide."""
    voxel = max(spacing)
    signal = _patches(tissue, shape, spacing, generator)
    for organ in tissue.organs:
        _add_ellipsoid(signal, organ, spacing)
    for length, thickness, level in tissue.sheets:
        field = smooth_field(shape, spacing, length * voxel, generator)
        share = field.abs_().div_(-thickness).add_(2).clamp_(0, 1)
        signal += share.mul_(level - signal)
    if tissue.air:
        field = smooth_field(shape, spacing, 0.4 * min(shape) * voxel, generator)
        edge = torch.quantile(field.flatten()[:: max(1, field.numel() // 4096)], tissue.air)
        signal *= field.sub_(edge).mul_(20).clamp_(0, 1)
    return signal


def _patches(
    tissue: Tissue, shape: tuple[int, ...], spacing: tuple[float, ...], generator: torch.Generator
) -> Tensor:
    """Each kind where its own smooth field is the greatest, mixed over a voxel at the borders."""
    length = tissue.patch_voxels * max(spacing)
    signal = torch.full((1, 1, *shape), tissue.levels[0], device=generator.device)
    if len(tissue.levels) == 1:
        return signal
    strongest = smooth_field(shape, spacing, length, generator)
    for level in tissue.levels[1:]:
        field = smooth_field(shape, spacing, length, generator)
        # The difference of two fields changes by about one over a correlation length.
        share = torch.sub(field, strongest).mul_(tissue.patch_voxels).add_(0.5).clamp_(0, 1)
        signal += share.mul_(level - signal)
        torch.maximum(field, strongest, out=strongest)
    return signal


def _add_ellipsoid(signal: Tensor, organ: Organ, spacing: tuple[float, ...]) -> None:
    """Paint one organ into the box that holds it."""
    shape, voxel = signal.shape[2:], max(spacing)
    reach, box = torch.zeros((), device=signal.device), [slice(0, 1), slice(0, 1)]
    for axis, (n, h) in enumerate(zip(shape, spacing, strict=True)):
        centre = organ.centre[axis] * n + (n - 1) / 2
        radius = organ.radii_voxels[axis] * voxel / h
        first = min(max(math.floor(centre - radius - 1), 0), n)
        last = min(max(math.ceil(centre + radius + 2), first), n)
        box.append(slice(first, last))
        line = (torch.arange(first, last, device=signal.device) - centre) / radius
        reach = reach + line.square().reshape([-1 if a == axis else 1 for a in range(len(shape))])
    edge = min(organ.radii_voxels)
    share = (1 - reach.sqrt()).mul_(edge).add_(0.5).clamp_(0, 1)
    inside = signal[tuple(box)]
    inside += share * (organ.level - inside)
