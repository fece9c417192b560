"""The networks by name; separate so that a new one is one file and one line here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from lumenfield.config import from_mapping, look_up
from lumenfield.networks.fcn_resnet import FCNResNet, FCNResNetConfig
from lumenfield.networks.plan import Network, NetworkConfig
from lumenfield.networks.unet import UNet, UNetConfig

__all__ = ["NETWORKS", "Family", "build", "network_config"]


@dataclass(frozen=True)
class Family:
    """A kind of network: the plan it is built from, and the class that is built."""

    config: type[Any]
    network: type[Any]


NETWORKS = {
    "unet": Family(UNetConfig, UNet),
    "fcn_resnet50": Family(FCNResNetConfig, FCNResNet),
    "fcn_resnet101": Family(FCNResNetConfig, FCNResNet),
}


def build(config: NetworkConfig, *, seed: int = 0) -> Network:
    """Build a network whose first weights depend on its plan and the seed alone."""
    family: Family = look_up(NETWORKS, config.kind, "network")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network: Network = family.network(config)
        return network


def network_config(mapping: Mapping[str, Any], where: str = "network") -> NetworkConfig:
    """Read a network's plan from plain values.

    Args:
        mapping: `kind` is a name in `NETWORKS` (default `unet`), or `module:attribute` of a
            `Family` of one's own; the rest are the fields of its plan.

    Raises:
        InputError: an unknown kind, or a plan that does not fit it.
    """
    kind = str(mapping.get("kind", "unet"))
    family: Family = look_up(NETWORKS, kind, "network", where)
    plan: NetworkConfig = from_mapping(family.config, {**mapping, "kind": kind}, where)
    return plan
