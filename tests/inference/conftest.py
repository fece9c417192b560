"""A network whose answer is known: it needs no training."""

import pytest
import torch

from lumenfield.datatypes import Volume, scaling
from lumenfield.geometry import Ball, sample_distance
from lumenfield.networks import Calibration, Checkpoint, Preprocessing, UNet, UNetConfig
from lumenfield.tensors import Fields


class Threshold(UNet):
    """Logits that are the normalised image itself, so that the lumen is what is above its mean."""

    def forward(self, image: Fields) -> Fields:
        return image + 0 * super().forward(image)


@pytest.fixture
def threshold() -> Checkpoint:
    network = Threshold(UNetConfig(ndim=3, widths=(2, 4))).eval()
    return Checkpoint(network, Preprocessing(), Calibration(spread_voxels=0.4, length_voxels=3.0))


@pytest.fixture
def ball() -> tuple[Volume, Volume]:
    """A scan brighter by erf inside a ball off the grid's centre, and its true distance."""
    spacing = (0.8, 0.8, 1.1)
    solid = Ball(radius_mm=7.3).moved(0.37, -0.21, 0.6)
    distance = sample_distance(solid, (30, 28, 26), spacing)
    scan = torch.erfc(distance) - 0.4
    affine = scaling(spacing)
    return Volume(scan[0, 0].numpy(), affine), Volume(distance[0, 0].numpy(), affine)
