from collections import Counter

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.networks import UNet, UNetConfig, build

SMALL = {"widths": (4, 6, 8)}
PLANS = [
    UNetConfig(ndim=2, **SMALL),
    UNetConfig(ndim=2, fold=1, norm="group", block="residual", **SMALL),
    UNetConfig(ndim=3, head="logits+distance", **SMALL),
    UNetConfig(ndim=3, sharpen=True, norm="instance", **SMALL),
]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("size", [(4, 4, 4), (8, 8, 8), (5, 17, 11), (16, 24, 9)])
def test_what_goes_in_comes_out_at_the_same_size(plan, size):
    image = torch.randn(2, 1, *size[: plan.ndim])
    for network in (build(plan).train(), build(plan).eval()):
        assert network(image).shape == (2, plan.n_outputs, *size[: plan.ndim])


def test_a_single_case_of_the_smallest_size_can_be_learned_from():
    for plan in PLANS:
        network = build(plan).train()
        network(torch.randn(1, 1, *[4] * plan.ndim)).sum().backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize("sharpen", [False, True])
def test_every_module_is_used_once(sharpen):
    network = UNet(UNetConfig(ndim=2, sharpen=sharpen, widths=(4, 4, 4)))
    calls = Counter()
    leaves = [m for m in network.modules() if not list(m.children())]
    for leaf in leaves:
        leaf.register_forward_hook(lambda module, *_: calls.update([module]))
    network(torch.randn(2, 1, 16, 16))
    assert set(calls.values()) == {1}
    assert len(calls) == len(leaves)


@pytest.mark.parametrize("number", [0, 1])
def test_each_level_hands_its_detail_across(number):
    network = build(UNetConfig(ndim=2, **SMALL)).eval()
    # Without the coarse way, what is left has come across at this level.
    torch.nn.init.zeros_(network.narrow[number].weight)
    outputs = []
    network.up[number].register_forward_hook(lambda *call: outputs.append(call[-1]))
    network(torch.randn(2, 1, 16, 16))
    assert not torch.equal(outputs[0][0], outputs[0][1])


def test_output_follows_a_shift_by_the_coarsest_voxel():
    plan = UNetConfig(ndim=2, sharpen=True, **SMALL)
    network = build(plan).eval()
    image = torch.zeros(1, 1, 128, 128)
    image[..., 60:66, 58:68] = 1
    moved, inner = image.roll(plan.multiple, dims=2), (..., slice(40, -40), slice(40, -40))
    expected = network(image).roll(plan.multiple, dims=2)
    torch.testing.assert_close(network(moved)[inner], expected[inner])


def test_a_slice_of_a_volume_is_refused_with_a_size_that_works():
    with pytest.raises(InputError, match=r"image is 3×64×64; .* at least 4 voxels .* 4×64×64"):
        build(UNetConfig(**SMALL))(torch.zeros(1, 1, 3, 64, 64))


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (1, 2, 8, 8, 8)])
def test_another_number_of_axes_or_channels_is_refused(shape):
    with pytest.raises(InputError, match="needs one channel on a 3-D grid"):
        build(UNetConfig(**SMALL))(torch.zeros(shape))


@pytest.mark.parametrize("fault", [{"widths": (8,)}, {"n_convolutions": 0}, {"dropout": 1.0}])
def test_a_plan_that_cannot_be_built_is_refused(fault):
    with pytest.raises(InputError, match=r"widths|n_convolutions"):
        UNetConfig(**fault)


def test_dropout_is_silent_outside_training():
    network = build(UNetConfig(ndim=2, dropout=0.5, **SMALL)).eval()
    image = torch.randn(1, 1, 16, 16)
    assert torch.equal(network(image), network(image))
    network.train()
    # Two draws of few channels may be alike; a score of them are not.
    assert len({network(image).sum().item() for _ in range(20)}) > 1
