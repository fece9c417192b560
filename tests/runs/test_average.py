"""The mean of two networks has the mean of their weights and statistics."""

import sys
from pathlib import Path

import pytest
import torch

from lumenfield.networks import Checkpoint, UNet, UNetConfig

sys.path.insert(0, str(Path(__file__).parents[2] / "runs" / "vessel3d"))

from average import average


def trained(seed: int) -> Checkpoint:
    torch.manual_seed(seed)
    network = UNet(UNetConfig(ndim=3, widths=(4, 6)))
    # Statistics that are not those of an untrained norm.
    network.train()(torch.randn(2, 1, 16, 16, 16))
    return Checkpoint(network.eval(), provenance={"recipe": f"{seed}"})


@pytest.mark.parametrize("seeds", [(1, 2), (1, 2, 3)])
def test_every_weight_and_statistic_is_averaged(seeds: tuple[int, ...]) -> None:
    checkpoints = [trained(seed) for seed in seeds]
    before = [{k: v.clone() for k, v in c.network.state_dict().items()} for c in checkpoints]
    found = average(checkpoints)
    for name, value in found.network.state_dict().items():
        wanted = sum(state[name].double() for state in before) / len(seeds)
        torch.testing.assert_close(value.double(), wanted, rtol=1e-6, atol=1e-6)
    assert found.provenance["recipe"] == str(seeds[-1])


def test_the_mean_of_one_network_is_itself() -> None:
    image = torch.randn(1, 1, 16, 16, 16)
    network = trained(4).network
    with torch.no_grad():
        wanted = network(image)
        found = average([trained(4)]).network(image)
    torch.testing.assert_close(found, wanted)
