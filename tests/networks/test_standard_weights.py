"""Weights of the usual 2-D layout fill our networks by name."""

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.networks import FCNResNetConfig, build, load_standard_weights

TINY = {"width": 2}


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
