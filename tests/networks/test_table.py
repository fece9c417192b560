import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.networks import (
    NETWORKS,
    UNetConfig,
    build,
    network_config,
    weights_hash,
)

SMALL = UNetConfig(ndim=2, widths=(4, 8))


def test_first_weights_depend_on_the_seed_alone_and_the_global_seed_is_left_alone():
    before = torch.get_rng_state()
    first = weights_hash(build(SMALL, seed=1))
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(1)
    assert weights_hash(build(SMALL, seed=1)) == first
    assert weights_hash(build(SMALL, seed=2)) != first


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_kind_is_read_from_plain_values(kind):
    config = network_config({"kind": kind})
    assert config.kind == kind
    assert isinstance(config, NETWORKS[kind].config)


def test_an_unknown_network_is_named_with_its_neighbour():
    with pytest.raises(InputError, match=r"unknown network unett; known are .*did you mean unet\?"):
        network_config({"kind": "unett"})


def test_a_network_of_ones_own_is_named_by_module_and_attribute(tmp_path, monkeypatch):
    (tmp_path / "own_nets.py").write_text(
        "from dataclasses import dataclass\n"
        "from lumenfield.networks import Family, UNet, UNetConfig\n"
        "@dataclass(frozen=True)\n"
        "class Plan(UNetConfig):\n"
        "    kind: str = 'own_nets:thin'\n"
        "thin = Family(Plan, UNet)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    plan = network_config({"kind": "own_nets:thin", "ndim": 2, "widths": [2, 3]})
    assert type(plan).__name__ == "Plan"
    assert build(plan).config.widths == (2, 3)


@pytest.mark.parametrize("name", ["own_nets_missing:thin", "lumenfield.networks:thin"])
def test_a_network_that_cannot_be_imported_is_refused(name):
    with pytest.raises(InputError, match=rf"network {name}: .*; module:attribute names something"):
        network_config({"kind": name})
