"""The networks by name; separate so that a new one is one file and one line here."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from lumenfield.config import from_mapping
from lumenfield.errors import InputError
from lumenfield.networks.unet import UNet, UNetConfig

__all__ = ["NETWORKS", "Family", "NetworkConfig", "build", "network_config"]

NetworkConfig = UNetConfig
Network = UNet


@dataclass(frozen=True)
class Family:
    """A kind of network and the plan it is built from."""

    config: type[NetworkConfig]
    network: type[Network]


NETWORKS = {
    "unet": Family(UNetConfig, UNet),
}


def build(config: NetworkConfig, *, seed: int = 0) -> Network:
    """Build a network whose first weights depend on its plan and the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return NETWORKS[config.kind].network(config)


def network_config(mapping: Mapping[str, Any], where: str = "network") -> NetworkConfig:
    """Read a network's plan from plain values; `kind` says which (default `unet`).

    Raises:
        InputError: an unknown kind, or a plan that does not fit it.
    """
    kind = str(mapping.get("kind", "unet"))
    if kind not in NETWORKS:
        near = difflib.get_close_matches(kind, NETWORKS, n=1)
        todo = f"did you mean {near[0]}?" if near else "take one of those"
        raise InputError(
            f"{where}: unknown network {kind}", f"known are {', '.join(NETWORKS)}", todo
        )
    return from_mapping(NETWORKS[kind].config, mapping, where)
