"""FCN-ResNets: the published sizes and names, an eighth of the grid, any size in and out."""

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.networks import FCNResNetConfig, build

PUBLISHED = {"fcn_resnet50": 35_322_218, "fcn_resnet101": 54_314_346}
"""Weights of the published networks: three colours in, 21 classes, with the auxiliary head."""

TINY = {"width": 2}


def _size(network):
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize("kind", PUBLISHED)
def test_weights_are_as_many_as_published_for_the_same_heads(kind):
    with torch.device("meta"):
        network = build(FCNResNetConfig(ndim=2, auxiliary=True, kind=kind))
    colours = 2 * 64 * 7 * 7
    classes = 20 * (512 + 1) + 20 * (256 + 1)
    assert _size(network) + colours + classes == PUBLISHED[kind]


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("size", [(4, 4, 4), (16, 24, 33), (5, 17, 11)])
def test_what_goes_in_comes_out_at_the_same_size(ndim, size):
    network = build(FCNResNetConfig(ndim=ndim, head="logits+distance", **TINY)).train()
    assert network(torch.randn(1, 1, *size[:ndim])).shape == (1, 2, *size[:ndim])


def test_the_map_is_an_eighth_of_the_image():
    network = build(FCNResNetConfig(ndim=2, **TINY)).eval()
    third, last = network.backbone(torch.randn(1, 1, 64, 96))
    assert third.shape[2:] == last.shape[2:] == (8, 12)


def test_dilation_makes_up_for_the_strides_left_out():
    network = build(FCNResNetConfig(ndim=2, **TINY))
    dilations = [
        [block.conv2.dilation[0] for block in stage]
        for stage in (network.backbone.layer3, network.backbone.layer4)
    ]
    assert dilations == [[1, 2, 2, 2, 2, 2], [2, 4, 4]]


def test_the_auxiliary_head_is_judged_and_gets_gradient_but_is_not_the_output():
    network = build(FCNResNetConfig(ndim=2, auxiliary=True, dropout=0.0, **TINY)).eval()
    image = torch.randn(2, 1, 32, 32)
    main, other = network.outputs(image)
    assert torch.equal(main, network(image))
    assert not torch.equal(main, other)
    other.sum().backward()
    assert network.aux_classifier[4].weight.grad.any()
    assert network.classifier[4].weight.grad is None


@pytest.mark.parametrize("fault", [{"width": 0}, {"dropout": 1.0}])
def test_a_plan_that_cannot_be_built_is_refused(fault):
    with pytest.raises(InputError, match=r"width is .*, dropout"):
        FCNResNetConfig(**fault)


def test_another_number_of_axes_is_refused():
    with pytest.raises(InputError, match="needs one channel on a 2-D grid"):
        build(FCNResNetConfig(ndim=2, **TINY))(torch.zeros(1, 1, 8, 8, 8))


@pytest.mark.parametrize("ndim", [2, 3])
def test_sample_i_of_the_map_is_shown_at_voxel_8i(ndim):
    network = build(FCNResNetConfig(ndim=ndim, **TINY))
    image = torch.zeros(1, 1, *(32,) * ndim)
    ramp = 8 * torch.arange(4.0).expand(1, 1, *(4,) * ndim)
    voxels = torch.arange(25.0).expand(1, 1, *(32,) * (ndim - 1), 25)
    torch.testing.assert_close(network._enlarged(ramp, image, image)[..., :25], voxels)
