"""A network that was widened computes what it did, and its new weights can learn."""

import sys
from pathlib import Path

import pytest
import torch

from lumenfield.networks import UNet, UNetConfig

sys.path.insert(0, str(Path(__file__).parents[2] / "runs" / "deeper"))

from widen import widened


@pytest.fixture
def narrow() -> UNet:
    torch.manual_seed(1)
    network = UNet(UNetConfig(ndim=3, widths=(4, 6, 8)))
    # Statistics that are not those of an untrained norm.
    network.train()
    for _ in range(3):
        network(torch.randn(2, 1, 16, 16, 16))
    return network.eval()


@pytest.mark.parametrize("widths", [(6, 8, 12), (4, 6, 8, 10), (5, 9, 9, 12, 12)])
def test_a_wider_network_computes_the_same(narrow: UNet, widths: tuple[int, ...]) -> None:
    wide = widened(narrow, widths).eval()
    image = torch.randn(1, 1, 32, 64, 32)
    with torch.no_grad():
        torch.testing.assert_close(wide(image), narrow(image), rtol=0, atol=1e-5)


def test_new_channels_are_listened_to_after_a_step(narrow: UNet) -> None:
    wide = widened(narrow, (6, 8, 12, 16)).eval()
    optimizer = torch.optim.SGD(wide.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        wide(torch.randn(1, 1, 32, 32, 32)).square().mean().backward()
        optimizer.step()
    new = [wide.head.weight.grad[:, 4:], wide.up[0][0][0].weight.grad[:, 12:]]
    assert all(grad.abs().max() > 0 for grad in new)
    assert wide.stem[0][0].weight.grad[4:].abs().max() > 0


def test_a_narrower_network_is_refused(narrow: UNet) -> None:
    with pytest.raises(ValueError, match="not wider"):
        widened(narrow, (4, 5, 8))
