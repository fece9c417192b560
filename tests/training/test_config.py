import pytest

from lumenfield.config import from_mapping, to_mapping
from lumenfield.errors import InputError
from lumenfield.networks import FCNResNetConfig
from lumenfield.training import TrainingConfig


def test_a_config_is_read_back_from_plain_values():
    plain = {
        "network": {"ndim": 2, "widths": [8, 16], "head": "logits+distance"},
        "loss": {"terms": [["dice", 1], ["distance", 0.1]]},
        "patience": {"cut_after": 3},
        "max_minutes": 5,
    }
    config = from_mapping(TrainingConfig, plain)
    assert config.network.widths == (8, 16)
    assert config.loss.terms == (("dice", 1.0), ("distance", 0.1))
    assert from_mapping(TrainingConfig, to_mapping(config)) == config


@pytest.mark.parametrize(
    "network", ["fcn_resnet50", {"kind": "fcn_resnet50"}, FCNResNetConfig(ndim=3)]
)
def test_a_network_is_given_as_a_plan_by_name_or_in_plain_values(network):
    assert TrainingConfig(network=network, ndim=2).plan == FCNResNetConfig(ndim=2)


@pytest.mark.parametrize(
    ("plain", "match"),
    [
        ({"network": {"width": [8]}}, r"unknown key width; .*did you mean widths\?"),
        ({"network": "unett"}, r"unknown network unett; .*did you mean unet\?"),
        ({"network": 3}, "network is 3; a network is a plan, a name, or a table"),
        ({"loss": {"terms": [["dise", 1.0]]}}, "unknown loss dise"),
        ({"schedule": "linear"}, "schedule"),
        ({"average_decay": 1.0}, "average_decay is 1.0; it has to be 0 or more and below 1"),
        ({"max_minutes": 0.0}, "max_minutes is 0.0; it has to be above 0, or left out"),
    ],
)
def test_what_does_not_fit_is_named(plain, match):
    with pytest.raises(InputError, match=match):
        from_mapping(TrainingConfig, plain)


def test_a_distance_loss_needs_a_distance_head():
    with pytest.raises(InputError, match="head logits gives no distance"):
        from_mapping(TrainingConfig, {"loss": {"terms": [["distance", 1.0]]}})
