"""Patches and their random changes; separate so that what was drawn can be looked at.

First draw a `Change` with a generator, then apply it: the applying is exact and repeatable.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float

from lumenfield.tensors import Fields, Indices, Tensor, Truths

__all__ = ["Augmentation", "Change", "apply_change", "cut_patch", "draw_change", "draw_corner"]

Patches = Float[Tensor, "batch channel ..."]
"""Fields whose grid changes on the way."""


@dataclass(frozen=True)
class Augmentation:
    """How far patches may be changed; zeros and false change nothing.

    Args:
        turn: flip axes, and swap those along which the patch is equally long.
        gain: largest relative change of contrast.
        shift: largest change of brightness, in standard deviations of the scan.
        noise: largest standard deviation of added noise, in those of the scan.
    """

    turn: bool = True
    gain: float = 0.1
    shift: float = 0.1
    noise: float = 0.1


@dataclass(frozen=True)
class Change:
    """One change of one patch.

    Args:
        axes: grid axis that comes to each place.
        flipped: grid axes that are reversed, after that.
        noise_seed: of the noise field.
    """

    axes: tuple[int, ...]
    flipped: tuple[int, ...]
    gain: float
    shift: float
    noise: float
    noise_seed: int


def draw_change(
    augmentation: Augmentation, patch: tuple[int, ...], generator: torch.Generator
) -> Change:
    """Draw one change for patches of this size."""
    order = tuple(torch.randperm(len(patch), generator=generator).tolist())
    flips = (torch.rand(len(patch), generator=generator) < 0.5).tolist()
    gain, shift, noise = torch.rand(3, generator=generator, dtype=torch.float64).tolist()
    seed = int(torch.randint(2**31, (1,), generator=generator))
    straight = tuple(range(len(patch)))
    fits = all(patch[axis] == size for axis, size in zip(order, patch, strict=True))
    return Change(
        axes=order if augmentation.turn and fits else straight,
        flipped=tuple(a for a in straight if flips[a]) if augmentation.turn else (),
        gain=1 + augmentation.gain * (2 * gain - 1),
        shift=augmentation.shift * (2 * shift - 1),
        noise=augmentation.noise * noise,
        noise_seed=seed,
    )


def apply_change(change: Change, image: Fields, truth: Truths) -> tuple[Patches, Tensor]:
    """Turn an image with its truth, and change the brightness of the image alone."""
    image, truth = _turned(change, image), _turned(change, truth)
    generator = torch.Generator().manual_seed(change.noise_seed)
    noise = torch.randn(image.shape, generator=generator)
    return change.gain * image + change.shift + change.noise * noise, truth


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


def _turned(change: Change, fields: Patches) -> Patches:
    swapped = fields.permute(0, 1, *[2 + axis for axis in change.axes])
    return swapped.flip([2 + axis for axis in change.flipped])
