"""Networks that map a normalised scan to logits, and the files they are kept in."""

from lumenfield.networks.checkpoint import (
    Calibration,
    Checkpoint,
    Preprocessing,
    load_checkpoint,
    save_checkpoint,
    weights_hash,
)
from lumenfield.networks.table import NETWORKS, Family, NetworkConfig, build, network_config
from lumenfield.networks.unet import UNet, UNetConfig

__all__ = [
    "NETWORKS",
    "Calibration",
    "Checkpoint",
    "Family",
    "NetworkConfig",
    "Preprocessing",
    "UNet",
    "UNetConfig",
    "build",
    "load_checkpoint",
    "network_config",
    "save_checkpoint",
    "weights_hash",
]
