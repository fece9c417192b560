"""The pieces networks are built of, in 2-D and 3-D; separate so that a network reads as a plan."""

import itertools
import math
from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float
from torch import nn

from lumenfield.errors import InputError
from lumenfield.tensors import Fields, Tensor

__all__ = [
    "BlockName",
    "Features",
    "NormName",
    "ResidualLevel",
    "check_image",
    "convolution",
    "crop",
    "double",
    "fold",
    "level",
    "pad",
    "unfold",
    "unit",
]

Features = Float[Tensor, "batch features ..."]
"""A batch of channels on a grid that may change on the way."""

SMALLEST = 4
"""Voxels along the shortest axis; a thinner grid is a slice and wants a 2-D network."""

NormName = Literal["batch", "group", "instance"]
BlockName = Literal["plain", "residual"]

_CONVOLUTIONS = {2: nn.Conv2d, 3: nn.Conv3d}
_DROPOUTS = {2: nn.Dropout2d, 3: nn.Dropout3d}
_BATCH_NORMS = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_INSTANCE_NORMS = {2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d}


def level(
    channels_in: int,
    channels: int,
    *,
    ndim: int,
    n_convolutions: int,
    norm: NormName,
    block: BlockName = "plain",
    stride: int = 1,
    dropout: float = 0.0,
) -> nn.Module:
    """Make what one resolution computes: convolution units in a row, with a shortcut or without.

    Args:
        stride: of the first convolution; 2 halves the grid.
        dropout: chance of each channel to be silenced after the last unit, in training only.
    """
    widths = [channels_in] + [channels] * n_convolutions
    units = [
        unit(a, b, ndim=ndim, norm=norm, stride=stride if k == 0 else 1)
        for k, (a, b) in enumerate(itertools.pairwise(widths))
    ]
    path = nn.Sequential(*units, *([_DROPOUTS[ndim](dropout)] if dropout else []))
    if block == "plain":
        return path
    return ResidualLevel(path, convolution(channels_in, channels, ndim=ndim, size=1, stride=stride))


class ResidualLevel(nn.Module):
    """Add a linear shortcut to a path: x ↦ path(x) + W x."""

    def __init__(self, path: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.path = path
        self.shortcut = shortcut

    def forward(self, features: Features) -> Tensor:
        """Run both ways and add them."""
        return self.path(features) + self.shortcut(features)


def unit(
    channels_in: int, channels: int, *, ndim: int, norm: NormName, stride: int = 1
) -> nn.Sequential:
    """Make a 3-wide convolution, a norm and a rectifier."""
    return nn.Sequential(
        convolution(channels_in, channels, ndim=ndim, size=3, stride=stride, bias=False),
        _norm(norm, channels, ndim),
        nn.ReLU(inplace=True),
    )


def convolution(
    channels_in: int, channels: int, *, ndim: int, size: int, stride: int = 1, bias: bool = True
) -> nn.Module:
    """Make a convolution that keeps the grid (or divides it by `stride`)."""
    kind = _CONVOLUTIONS[ndim]
    return kind(channels_in, channels, size, stride=stride, padding=size // 2, bias=bias)


def double(features: Features) -> Features:
    """Repeat every voxel twice along each axis."""
    return F.interpolate(features, scale_factor=2, mode="nearest")


def fold(image: Fields, factor: int) -> Tensor:
    """Move blocks of factor^ndim voxels into channels; `unfold` is the inverse.

    Args:
        image: a grid whose every axis is a multiple of `factor`.
    """
    batch, channels, *grid = image.shape
    split = [n for size in grid for n in (size // factor, factor)]
    axes = range(2, 2 + 2 * len(grid))
    parts = image.reshape(batch, channels, *split).permute(0, 1, *axes[1::2], *axes[::2])
    return parts.flatten(1, 1 + len(grid))


def unfold(features: Tensor, factor: int) -> Fields:
    """Move channels back into blocks of factor^ndim voxels."""
    batch, channels, *grid = features.shape
    ndim = len(grid)
    parts = features.reshape(batch, channels // factor**ndim, *[factor] * ndim, *grid)
    order = [axis for k in range(ndim) for axis in (2 + ndim + k, 2 + k)]
    fine = [size * factor for size in grid]
    return parts.permute(0, 1, *order).reshape(batch, channels // factor**ndim, *fine)


def pad(image: Features, multiple: int) -> Features:
    """Repeat the border until every axis is a multiple; at least one axis gets two of them.

    A grid of a single coarsest voxel would leave a batch norm nothing to average over.
    """
    sizes = [math.ceil(size / multiple) * multiple for size in image.shape[2:]]
    if all(size == multiple for size in sizes):
        sizes[-1] *= 2
    extra = [wanted - size for wanted, size in zip(sizes, image.shape[2:], strict=True)]
    if not any(extra):
        return image
    ends = [n for e in reversed(extra) for n in (e // 2, e - e // 2)]
    return F.pad(image, ends, mode="replicate")


def crop(padded: Features, grid: tuple[int, ...]) -> Features:
    """Take back what `pad` put around a grid."""
    for axis, size in enumerate(grid, start=2):
        padded = padded.narrow(axis, (padded.shape[axis] - size) // 2, size)
    return padded


def _norm(name: NormName, channels: int, ndim: int) -> nn.Module:
    if name == "batch":
        return _BATCH_NORMS[ndim](channels)
    if name == "group":
        return nn.GroupNorm(math.gcd(8, channels), channels)
    return _INSTANCE_NORMS[ndim](channels, affine=True)


def check_image(image: Fields, ndim: int) -> None:
    """Refuse what no network of that dimension can take.

    Raises:
        InputError: another number of axes or channels, or an axis under four voxels.
    """
    channels, *grid = image.shape[1:]
    size = "×".join(map(str, grid))
    if len(grid) != ndim or channels != 1:
        raise InputError(
            f"image is {size} ({len(grid)}-D) with {channels} channels",
            f"this network needs one channel on a {ndim}-D grid",
            f"take a {len(grid)}-D network, or one channel",
        )
    if min(grid) < SMALLEST:
        works = "×".join(str(max(n, SMALLEST)) for n in grid)
        raise InputError(
            f"image is {size}",
            f"this network needs at least {SMALLEST} voxels along each axis",
            f"pad it to {works}, or take a 2-D network",
        )
