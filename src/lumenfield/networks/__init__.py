"""Networks that map a normalised scan to logits, and the files they are kept in."""

from lumenfield.networks.checkpoint import (
    Calibration,
    Checkpoint,
    Preprocessing,
    load_checkpoint,
    save_checkpoint,
    weights_hash,
)
from lumenfield.networks.fcn_resnet import FCNResNet, FCNResNetConfig
from lumenfield.networks.plan import Network, NetworkConfig
from lumenfield.networks.standard_weights import load_standard_weights
from lumenfield.networks.table import NETWORKS, Family, build, network_config
from lumenfield.networks.unet import UNet, UNetConfig

__all__ = [
    "NETWORKS",
    "Calibration",
    "Checkpoint",
    "FCNResNet",
    "FCNResNetConfig",
    "Family",
    "Network",
    "NetworkConfig",
    "Preprocessing",
    "UNet",
    "UNetConfig",
    "build",
    "load_checkpoint",
    "load_standard_weights",
    "network_config",
    "save_checkpoint",
    "weights_hash",
]
