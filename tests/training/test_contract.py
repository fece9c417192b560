"""Every network learns by every loss; a new line in either table is tested here without a test."""

import pytest
import torch

from lumenfield.networks import NETWORKS, build
from lumenfield.training import LOSSES, LossConfig, combined

VARIANTS = {
    "unet": (
        {"widths": (6, 8)},
        {"widths": (6, 8), "fold": 1, "norm": "group", "n_convolutions": 1},
        {"widths": (6, 8), "block": "residual", "norm": "instance"},
        {"widths": (6, 8), "sharpen": True},
    ),
    "fcn_resnet50": ({"width": 6, "auxiliary": True, "dropout": 0.0},),
    "fcn_resnet101": ({"width": 6, "dropout": 0.0},),
}
"""Small plans of each kind; a kind without any is tested as it comes."""

PLANS = [
    pytest.param(kind, variant, id=f"{kind}-{number}")
    for kind in NETWORKS
    for number, variant in enumerate(VARIANTS.get(kind, ({},)))
]


def _disc(ndim, size):
    generator = torch.Generator().manual_seed(0)
    axes = [torch.arange(size) - 0.45 * size] * ndim
    radius = sum(a.square() for a in torch.meshgrid(*axes, indexing="ij")).sqrt()
    distance = torch.stack([radius - 0.27 * size, radius - 0.34 * size])[:, None]
    noise = 0.3 * torch.randn(distance.shape, generator=generator)
    return (distance < 0).float() + noise, torch.cat([(distance < 0).float(), distance], dim=1)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize(("kind", "variant"), PLANS)
def test_thirty_steps_lower_the_loss_and_reach_every_weight(kind, variant, ndim, loss):
    head = "logits+distance" if LOSSES[loss].output else "logits"
    network = build(NETWORKS[kind].config(kind=kind, ndim=ndim, head=head, **variant))
    total = combined(LossConfig(((loss, 1.0),)))
    # An eighth of a small grid is too few voxels to say anything on.
    image, truth = _disc(ndim, 12 if kind == "unet" else 72 // ndim)
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        value = sum(total(output, truth) for output in network.outputs(image))
        value.backward()
        assert all(p.grad is not None and p.grad.any() for p in network.parameters())
        optimiser.step()
        losses.append(value.item())
    assert losses[-1] < 0.8 * losses[0]
