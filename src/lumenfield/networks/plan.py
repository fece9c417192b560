"""What every network and its plan offer; separate so that training knows no kind by name."""

import dataclasses
from abc import ABC, abstractmethod
from typing import Literal

from torch import nn

from lumenfield.tensors import Fields, Outputs

__all__ = ["HeadName", "Network", "NetworkConfig"]

HeadName = Literal["logits", "logits+distance"]


class NetworkConfig(ABC):
    """The plan of a network: an interface that each kind fills with a frozen dataclass.

    Args:
        kind: names the plan in files, as `NETWORKS` does.
        head: what comes out: channel 0 logits, channel 1 signed distance in voxels.
    """

    kind: str
    ndim: Literal[2, 3]
    head: HeadName

    @property
    def n_outputs(self) -> int:
        """Channels that come out."""
        return 2 if self.head == "logits+distance" else 1

    @property
    @abstractmethod
    def multiple(self) -> int:
        """What every axis is padded to inside: voxels that the coarsest level sees as one."""

    def with_ndim(self, ndim: Literal[2, 3]) -> "NetworkConfig":
        """Give the same plan on grids of another dimension."""
        return dataclasses.replace(self, ndim=ndim)  # type: ignore[type-var]


class Network(nn.Module, ABC):
    """A network: one normalised channel in, logits (and a distance) on the same grid out."""

    config: NetworkConfig

    @abstractmethod
    def forward(self, image: Fields) -> Outputs:
        """Map one normalised channel to logits (and a distance in voxels) on the same grid."""

    def outputs(self, image: Fields) -> tuple[Outputs, ...]:
        """Give what training judges: the output, then those of auxiliary heads."""
        return (self(image),)
