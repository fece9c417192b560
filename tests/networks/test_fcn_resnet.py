"""FCN-ResNets: the published sizes and names, an eighth of the grid, any size in and out."""

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.networks import FCNResNetConfig, build, load_standard_weights

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


def _standard(colours=3, classes=21):
    """A state dict of the usual layout, made from its list of names and shapes."""
    weights = {}
    own = build(FCNResNetConfig(ndim=2, auxiliary=True, **TINY)).state_dict()
    generator = torch.Generator().manual_seed(0)
    for name, tensor in own.items():
        shape = list(tensor.shape)
        if name == "backbone.conv1.weight":
            shape[1] = colours
        if "classifier.4" in name:
            shape[0] = classes
        weights[name] = torch.randn(shape, generator=generator)
    return weights


def test_the_usual_names_are_ours():
    names = build(FCNResNetConfig(ndim=2, auxiliary=True, **TINY)).state_dict()
    for name in (
        "backbone.conv1.weight",
        "backbone.bn1.running_var",
        "backbone.layer1.0.conv3.weight",
        "backbone.layer2.0.downsample.1.bias",
        "backbone.layer3.5.bn2.num_batches_tracked",
        "backbone.layer4.2.conv2.weight",
        "classifier.0.weight",
        "classifier.1.running_mean",
        "classifier.4.bias",
        "aux_classifier.4.weight",
    ):
        assert name in names


def test_colour_weights_see_a_grey_image_as_they_would_in_colour():
    weights = _standard()
    network = build(FCNResNetConfig(ndim=2, **TINY))
    used = load_standard_weights(network, weights)
    grey = torch.randn(1, 1, 16, 16)
    colour = torch.nn.functional.conv2d(
        grey.expand(1, 3, 16, 16), weights["backbone.conv1.weight"], stride=2, padding=3
    )
    torch.testing.assert_close(network.backbone.conv1(grey), colour, atol=1e-5, rtol=1e-4)
    assert "backbone.layer4.2.conv3.weight" in used


def test_a_head_of_other_classes_stays_fresh_as_a_whole_and_one_that_fits_is_taken():
    other = build(FCNResNetConfig(ndim=2, **TINY))
    before = other.classifier[0].weight.clone()
    assert not any(
        name.startswith("classifier") for name in load_standard_weights(other, _standard())
    )
    assert torch.equal(other.classifier[0].weight, before)
    assert "classifier.4.bias" in load_standard_weights(other, _standard(classes=1))


def test_weights_of_a_bare_residual_network_fill_the_backbone():
    bare = {
        name.removeprefix("backbone."): tensor
        for name, tensor in _standard().items()
        if name.startswith("backbone.")
    }
    network = build(FCNResNetConfig(ndim=2, **TINY))
    load_standard_weights(network, {**bare, "fc.weight": torch.zeros(3, 3)})
    assert torch.equal(network.backbone.layer3[0].conv2.weight, bare["layer3.0.conv2.weight"])


def test_weights_of_another_depth_or_dimension_are_refused():
    with pytest.raises(InputError, match=r"backbone\.layer3\.6\.conv1\.weight is missing"):
        load_standard_weights(
            build(FCNResNetConfig(ndim=2, kind="fcn_resnet101", **TINY)), _standard()
        )
    with pytest.raises(InputError, match="this 3-D network needs"):
        load_standard_weights(build(FCNResNetConfig(ndim=3, **TINY)), _standard())


@pytest.mark.parametrize("fault", [{"width": 0}, {"dropout": 1.0}])
def test_a_plan_that_cannot_be_built_is_refused(fault):
    with pytest.raises(InputError, match=r"width is .*, dropout"):
        FCNResNetConfig(**fault)


def test_another_number_of_axes_is_refused():
    with pytest.raises(InputError, match="needs one channel on a 2-D grid"):
        build(FCNResNetConfig(ndim=2, **TINY))(torch.zeros(1, 1, 8, 8, 8))
