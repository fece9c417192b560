"""A network with some of its channels silenced, as dropout does in training, to see it disagree.

Every copy silences the same channels all over the scan, so that it is one network and leaves no
seams between tiles. That copies disagree where a network does not know is due to Gal and
Ghahramani, Dropout as a Bayesian approximation, ICML 2016.
"""

import copy

import torch
from torch import nn

from lumenfield.errors import InputError
from lumenfield.tensors import Tensor

__all__ = ["thinned"]

_DROPOUTS = (nn.Dropout, nn.Dropout2d, nn.Dropout3d)


def thinned(network: nn.Module, seed: int) -> nn.Module:
    """Copy a network, each dropout silencing its share of channels, the same at every call.

    Args:
        seed: of the channels; every dropout of the network silences others.

    Raises:
        InputError: a network that was trained without dropout.
    """
    copied = copy.deepcopy(network).eval()
    places = [
        (module, name, child)
        for module in copied.modules()
        for name, child in module.named_children()
        if isinstance(child, _DROPOUTS) and child.p > 0
    ]
    if not places:
        raise InputError(
            "a network without dropout",
            "copies with silenced channels need one that was trained with it",
            "leave predict.dropouts at 0, or train with network.dropout above 0",
        )
    for number, (module, name, child) in enumerate(places):
        setattr(module, name, _Silenced(child.p, seed * 1009 + number))
    return copied


class _Silenced(nn.Module):
    """Channels times 0 or 1/(1 − p), by chance but always the same."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__()
        self.share, self.seed = share, seed

    def forward(self, features: Tensor) -> Tensor:
        """Silence channels of a batch × channels × grid."""
        generator = torch.Generator().manual_seed(self.seed)
        kept = torch.rand(features.shape[1], generator=generator) >= self.share
        gain = kept.to(features) / (1 - self.share)
        return features * gain.reshape(1, -1, *[1] * (features.ndim - 2))
