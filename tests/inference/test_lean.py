"""The lean twin of a U-Net: the same answer, and no other network is touched."""

import pytest
import torch

from lumenfield.inference.lean import lean
from lumenfield.networks import UNet, UNetConfig, build


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("sharpen", [False, True])
@pytest.mark.parametrize("norm", ["batch", "group"])
def test_the_lean_twin_gives_the_same_logits(ndim: int, sharpen: bool, norm: str) -> None:
    config = UNetConfig(ndim=ndim, widths=(4, 6, 8), sharpen=sharpen, norm=norm, dropout=0.2)  # type: ignore[arg-type]
    network = build(config, seed=1).eval()
    image = torch.randn(1, 1, *(16, 20, 13)[:ndim], generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.allclose(lean(network)(image), network(image), atol=1e-5)
    assert lean(network) is not network


def test_another_network_stays_as_it_is() -> None:
    class Own(UNet):
        pass

    others = (UNet(UNetConfig(widths=(2, 4), block="residual")), Own(UNetConfig(widths=(2, 4))))
    assert all(lean(network) is network for network in others)
