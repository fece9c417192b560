"""Patches and their random changes; separate so that what was drawn can be looked at.

First draw a `Change` with a generator, then apply it: the applying is exact and repeatable.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float

from lumenfield.data.look import Look, apply_look
from lumenfield.data.warp import Warp, warped_patch, warped_truth
from lumenfield.errors import InputError
from lumenfield.tensors import Fields, Indices, Tensor, Truths

__all__ = [
    "Augmentation",
    "Change",
    "changed_patch",
    "cut_patch",
    "draw_change",
    "draw_corner",
    "draw_turn",
    "turned",
]

Patches = Float[Tensor, "batch channel ..."]
"""Fields whose grid changes on the way."""


@dataclass(frozen=True)
class Augmentation:
    """How far patches may be changed; zeros and false change nothing.

    Args:
        turn: flip axes, and swap those along which the patch is equally long.
        warp: share of patches that are rotated, scaled and bent; the rest keep sharp voxels.
        rotation_degrees: largest angle about each axis. scale: largest change of size.
        elastic_mm: largest standard deviation of a smooth bending, of correlation length
            `elastic_length_mm`; a quarter of that length folds nothing.
        rare: share of patches for each of blur, coil and coarse voxels.
        blur_mm: largest standard deviation of the blur. bias: that of the coil's log gain.
        coarse: most voxels merged along one axis.
        gain: largest relative change of contrast.
        shift: largest change of brightness, in standard deviations of the scan.
        noise: largest standard deviation of added noise, in those of the scan.

    Raises:
        InputError: a number out of its range.
    """

    turn: bool = True
    warp: float = 0.3
    rotation_degrees: float = 20.0
    scale: float = 0.2
    elastic_mm: float = 1.0
    elastic_length_mm: float = 12.0
    rare: float = 0.15
    blur_mm: float = 0.8
    bias: float = 0.2
    coarse: int = 2
    gain: float = 0.1
    shift: float = 0.1
    noise: float = 0.1

    def __post_init__(self) -> None:
        shares = 0 <= self.warp <= 1 and 0 <= self.rare <= 1 and 0 <= self.scale < 1
        sizes = (self.elastic_mm, self.blur_mm, self.bias, self.gain, self.shift, self.noise)
        bend = self.elastic_mm <= 0.25 * self.elastic_length_mm
        if not (shares and min(sizes) >= 0 and self.coarse >= 1 and bend):
            raise InputError(
                f"augmentation {self}",
                "warp and rare are shares, scale is below 1, coarse at least 1, the rest zero or "
                "more, and elastic_mm at most a quarter of elastic_length_mm",
                "mend it",
            )


@dataclass(frozen=True)
class Change:
    """One change of one patch.

    Args:
        axes: grid axis that comes to each place.
        flipped: grid axes that are reversed, after that.
        warp: none where the patch keeps the scan's own voxels.
    """

    axes: tuple[int, ...]
    flipped: tuple[int, ...]
    warp: Warp | None
    look: Look


def draw_change(
    augmentation: Augmentation, patch: tuple[int, ...], generator: torch.Generator
) -> Change:
    """Draw one change for patches of this size."""
    axes, flipped = draw_turn(patch, generator)
    return Change(
        axes=axes if augmentation.turn else tuple(range(len(patch))),
        flipped=flipped if augmentation.turn else (),
        warp=_draw_warp(augmentation, len(patch), generator),
        look=_draw_look(augmentation, len(patch), generator),
    )


def draw_turn(
    shape: tuple[int, ...], generator: torch.Generator
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Draw the axis that comes to each place, among equally long ones, and axes to reverse then."""
    order = tuple(torch.randperm(len(shape), generator=generator).tolist())
    flips = (torch.rand(len(shape), generator=generator) < 0.5).tolist()
    straight = tuple(range(len(shape)))
    fits = all(shape[axis] == size for axis, size in zip(order, shape, strict=True))
    return order if fits else straight, tuple(a for a in straight if flips[a])


def changed_patch(
    change: Change,
    image: Fields,
    truth: Truths,
    corner: tuple[int, ...],
    patch: tuple[int, ...],
    spacing: tuple[float, ...],
) -> tuple[Tensor, Tensor]:
    """Cut a patch of an image with its truth, move both, and change how the image looks.

    Args:
        truth: mask, and perhaps distance in voxels.
        spacing: mm.
    """
    if change.warp is None:
        cut = cut_patch(image, corner, patch), cut_patch(truth, corner, patch)
    else:
        cut = (
            warped_patch(change.warp, image, corner, patch, spacing),
            warped_truth(change.warp, truth, corner, patch, spacing),
        )
    looked = apply_look(change.look, cut[0], spacing)
    axes, flipped = change.axes, change.flipped
    return turned(looked, axes, flipped), turned(cut[1], axes, flipped)


def _draw_warp(augmentation: Augmentation, ndim: int, generator: torch.Generator) -> Warp | None:
    share, size, bend, *turns = torch.rand(6, generator=generator, dtype=torch.float64).tolist()
    seed = int(torch.randint(2**31, (1,), generator=generator))
    if share >= augmentation.warp:
        return None
    most = math.radians(augmentation.rotation_degrees)
    return Warp(
        angles=tuple(most * (2 * turn - 1) for turn in turns[: 1 if ndim == 2 else 3]),
        scale=(1 + augmentation.scale) ** (2 * size - 1),
        elastic_mm=augmentation.elastic_mm * bend,
        length_mm=augmentation.elastic_length_mm,
        seed=seed,
    )


def _draw_look(augmentation: Augmentation, ndim: int, generator: torch.Generator) -> Look:
    blurred, biased, merged, blur, bias = torch.rand(5, generator=generator).tolist()
    gain, shift, noise = torch.rand(3, generator=generator, dtype=torch.float64).tolist()
    axis = int(torch.randint(ndim, (1,), generator=generator))
    coarse = int(torch.randint(1, augmentation.coarse + 1, (1,), generator=generator))
    seed = int(torch.randint(2**31, (1,), generator=generator))
    return Look(
        bias=augmentation.bias * bias if biased < augmentation.rare else 0.0,
        blur_mm=augmentation.blur_mm * blur if blurred < augmentation.rare else 0.0,
        coarse_axis=axis,
        coarse=coarse if merged < augmentation.rare else 1,
        gain=1 + augmentation.gain * (2 * gain - 1),
        shift=augmentation.shift * (2 * shift - 1),
        noise=augmentation.noise * noise,
        seed=seed,
    )


def draw_corner(
    lumen: Indices, grid: tuple[int, ...], patch: tuple[int, ...], generator: torch.Generator
) -> tuple[int, ...]:
    """Draw where a patch begins: one in two holds a lumen voxel, the others fall anywhere.

    Args:
        lumen: n × ndim, indices of the lumen's voxels.
    """
    room = [max(size - wanted, 0) for size, wanted in zip(grid, patch, strict=True)]
    anywhere = torch.rand(len(grid), generator=generator).tolist()
    inside = torch.rand(len(grid), generator=generator).tolist()
    coin, pick = torch.rand(2, generator=generator, dtype=torch.float64).tolist()
    if coin < 0.5 or len(lumen) == 0:
        return tuple(int(u * (r + 1)) for u, r in zip(anywhere, room, strict=True))
    voxel = lumen[int(pick * len(lumen))].tolist()
    begins = [v - int(u * n) for v, u, n in zip(voxel, inside, patch, strict=True)]
    return tuple(min(max(b, 0), r) for b, r in zip(begins, room, strict=True))


def cut_patch(fields: Patches, corner: tuple[int, ...], patch: tuple[int, ...]) -> Patches:
    """Cut a patch; where the grid is smaller, its border is repeated to fill it."""
    for axis, (begin, wanted) in enumerate(zip(corner, patch, strict=True), start=2):
        fields = fields.narrow(axis, begin, min(wanted, fields.shape[axis] - begin))
    lacking = [wanted - size for wanted, size in zip(patch, fields.shape[2:], strict=True)]
    if not any(lacking):
        return fields
    ends = [n for missing in reversed(lacking) for n in (missing // 2, missing - missing // 2)]
    return F.pad(fields, ends, mode="replicate")


def turned(fields: Patches, axes: tuple[int, ...], flipped: tuple[int, ...]) -> Patches:
    """Put grid axes in another order and reverse some, as `draw_turn` has it."""
    return fields.permute(0, 1, *[2 + axis for axis in axes]).flip([2 + axis for axis in flipped])
