"""The U-Net in 2-D and 3-D; separate because it is the network we ship."""

import itertools
from dataclasses import dataclass
from typing import Literal

import torch
from torch import nn

from lumenfield.errors import InputError
from lumenfield.networks.blocks import (
    BlockName,
    NormName,
    check_image,
    convolution,
    crop,
    double,
    fold,
    level,
    pad,
    unfold,
)
from lumenfield.networks.plan import HeadName, Network, NetworkConfig
from lumenfield.tensors import Fields, Outputs

__all__ = ["UNet", "UNetConfig"]

SHARPENING = 4
"""Channels on the full grid; eight would cost 37 % of a step, four cost 18 %."""


@dataclass(frozen=True)
class UNetConfig(NetworkConfig):
    """The plan of a U-Net.

    Args:
        widths: channels at each level, finest first; at least two levels.
        fold: voxels along each axis that go into channels before the first level, and come back
            after the last; 2 makes a 3-D network about eight times cheaper.
        n_convolutions: at each level.
        head: what comes out: channel 0 logits, channel 1 signed distance in voxels.
        dropout: chance of a channel to be silenced in training.
        sharpen: look at the unfolded image once more, with four channels; a fifth more time.
        kind: names this plan in files.

    Raises:
        InputError: a number out of its range.
    """

    ndim: Literal[2, 3] = 3
    widths: tuple[int, ...] = (32, 64, 96, 128)
    fold: Literal[1, 2] = 2
    n_convolutions: int = 2
    norm: NormName = "batch"
    block: BlockName = "plain"
    head: HeadName = "logits"
    dropout: float = 0.0
    sharpen: bool = False
    kind: Literal["unet"] = "unet"

    def __post_init__(self) -> None:
        if len(self.widths) < 2 or min(self.widths) < 1:
            raise InputError(
                f"widths are {self.widths}",
                "a U-Net needs two levels or more of one channel or more",
                "take for example (32, 64, 96, 128)",
            )
        if self.n_convolutions < 1 or not 0 <= self.dropout < 1:
            raise InputError(
                f"n_convolutions is {self.n_convolutions}, dropout {self.dropout}",
                "a level needs a convolution, and dropout is in [0, 1)",
                "take 2 and 0",
            )

    @property
    def multiple(self) -> int:
        """What every axis is padded to inside: voxels that the coarsest level sees as one."""
        return self.fold * 2 ** (len(self.widths) - 1)


class UNet(Network):
    """Down by strided convolutions, up by nearest voxels, joined by concatenation.

    Ronneberger et al. 2015; folding after Shi et al. 2016 (sub-pixel convolution).
    """

    config: UNetConfig

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        ndim, widths, voxels = config.ndim, config.widths, config.fold**config.ndim
        pairs = list(itertools.pairwise(widths))
        self.stem = self._level(voxels, widths[0])
        self.down = nn.ModuleList(self._level(a, b, stride=2) for a, b in pairs)
        self.narrow = nn.ModuleList(
            convolution(b, a, ndim=ndim, size=1) for a, b in reversed(pairs)
        )
        self.up = nn.ModuleList(self._level(2 * a, a) for a, _ in reversed(pairs))
        n_fine = SHARPENING if config.sharpen else config.n_outputs
        self.head = convolution(widths[0], voxels * n_fine, ndim=ndim, size=1)
        self.sharpen = _sharpening(config) if config.sharpen else None

    def forward(self, image: Fields) -> Outputs:
        """Map one normalised channel to logits (and a distance in voxels) on the same grid.

        Raises:
            InputError: another number of axes or channels, or an axis under four voxels.
        """
        check_image(image, self.config.ndim)
        padded = pad(image, self.config.multiple)
        features = self.stem(fold(padded, self.config.fold))
        skips = []
        for down in self.down:
            skips.append(features)
            features = down(features)
        for narrow, up in zip(self.narrow, self.up, strict=True):
            # Narrowing on the coarse grid first costs an eighth and gives the same sum.
            features = up(torch.cat([skips.pop(), double(narrow(features))], dim=1))
        output = unfold(self.head(features), self.config.fold)
        if self.sharpen is not None:
            output = self.sharpen(torch.cat([output, padded.to(output.dtype)], dim=1))
        return crop(output, tuple(image.shape[2:]))

    def _level(self, channels_in: int, channels: int, stride: int = 1) -> nn.Module:
        return level(
            channels_in,
            channels,
            ndim=self.config.ndim,
            n_convolutions=self.config.n_convolutions,
            norm=self.config.norm,
            block=self.config.block,
            stride=stride,
            dropout=self.config.dropout,
        )


def _sharpening(config: UNetConfig) -> nn.Sequential:
    return nn.Sequential(
        convolution(SHARPENING + 1, SHARPENING, ndim=config.ndim, size=3),
        # Leaky: four rectifiers can all die at once, and nothing would be learned again.
        nn.LeakyReLU(0.1, inplace=True),
        convolution(SHARPENING, config.n_outputs, ndim=config.ndim, size=1),
    )
