"""A U-Net that computes the same with less work; separate because training has no use for it.

Nearest voxels followed by a 3-wide convolution are a transposed convolution, 4 wide with stride
2: 64 products for each coarse voxel where there were 216. And a convolution of two grids side by
side is the sum of one convolution of each, so that they need not be copied into one.
"""

import copy

import torch
from torch import nn

from lumenfield.networks import UNet
from lumenfield.networks.blocks import Features, crop, fold, pad, unfold
from lumenfield.tensors import Fields, Outputs, Tensor

__all__ = ["lean"]

_CONVOLUTIONS = {2: nn.Conv2d, 3: nn.Conv3d}
_TRANSPOSED = {2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}


def lean(network: nn.Module) -> nn.Module:
    """Give the lean twin of a plain U-Net, in evaluation mode; any other network as it is."""
    # Not of a subclass, which may have a forward pass of its own.
    if type(network) is UNet and network.config.block == "plain":
        return _LeanUNet(network).eval()
    return network


class _LeanUNet(nn.Module):
    def __init__(self, network: UNet) -> None:
        super().__init__()
        own = copy.deepcopy(network)
        self.config, self.sharpen = own.config, own.sharpen
        self.stem, self.down, self.narrow, self.head = own.stem, own.down, own.narrow, own.head
        levels = [[*up.children()] for up in own.up]
        firsts = [[*units[0].children()] for units in levels]
        self.joins = nn.ModuleList(_Join(convolution) for convolution, *_ in firsts)
        self.rests = nn.ModuleList(
            nn.Sequential(*first[1:], *units[1:])
            for first, units in zip(firsts, levels, strict=True)
        )

    def forward(self, image: Fields) -> Outputs:
        """Do as `UNet.forward` does."""
        padded = pad(image, self.config.multiple)
        features = self.stem(fold(padded, self.config.fold))
        skips = []
        for down in self.down:
            skips.append(features)
            features = down(features)
        for narrow, join, rest in zip(self.narrow, self.joins, self.rests, strict=True):
            features = rest(join(skips.pop(), narrow(features)))
        output = unfold(self.head(features), self.config.fold)
        if self.sharpen is not None:
            output = self.sharpen(torch.cat([output, padded.to(output.dtype)], dim=1))
        return crop(output, tuple(image.shape[2:]))


class _Join(nn.Module):
    """A convolution of a grid beside a coarser one of as many channels, doubled."""

    def __init__(self, both: nn.Module) -> None:
        super().__init__()
        values = both.state_dict()
        weight, bias = values["weight"], values.get("bias")
        ndim, half = weight.ndim - 2, weight.shape[1] // 2
        self.fine = _CONVOLUTIONS[ndim](half, len(weight), 3, padding=1, bias=bias is not None)
        self.coarse = _TRANSPOSED[ndim](half, len(weight), 4, stride=2, padding=1, bias=False)
        own = {} if bias is None else {"bias": bias}
        self.fine.load_state_dict({"weight": weight[:, :half], **own})
        self.coarse.load_state_dict({"weight": _doubling(weight[:, half:])})

    def forward(self, fine: Features, coarse: Features) -> Tensor:
        """Convolve each, and add."""
        result: Tensor = self.fine(fine)
        return result.add_(self.coarse(coarse))


def _doubling(weight: Tensor) -> Tensor:
    """Give the kernel that, transposed with stride 2, doubles a grid and convolves it."""
    axes = range(2, weight.ndim)
    kernel = weight.flip(list(axes)).transpose(0, 1)
    for axis in axes:
        zero = torch.zeros_like(kernel.narrow(axis, 0, 1))
        kernel = torch.cat([kernel, zero], axis) + torch.cat([zero, kernel], axis)
    return kernel
