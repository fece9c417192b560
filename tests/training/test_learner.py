"""What learns: first weights by seed or given, and a loss of all heads."""

import dataclasses

import pytest

from lumenfield.errors import InputError
from lumenfield.networks import FCNResNetConfig, UNetConfig, build, weights_hash
from lumenfield.training.learner import make_learner
from lumenfield.training.step import learn


def test_the_seed_chooses_the_first_weights(plain):
    first, again, other = (
        weights_hash(make_learner(dataclasses.replace(plain, seed=seed)).network)
        for seed in (0, 0, 1)
    )
    assert first == again != other


def test_weights_of_another_plan_are_no_start(plain):
    other = build(UNetConfig(ndim=2, widths=(4, 9)))
    with pytest.raises(
        InputError, match=r"start is .*9.*; this run trains .*: start from its like"
    ):
        make_learner(plain, other)


def test_norms_without_statistics_cannot_be_frozen(plain):
    config = dataclasses.replace(
        plain, network=UNetConfig(ndim=2, widths=(4, 8), norm="group"), frozen_norms=True
    )
    with pytest.raises(InputError, match="frozen_norms is set; only batch norms"):
        make_learner(config)


def test_an_auxiliary_head_is_judged_by_its_weight(plain, make_batch):
    plan = FCNResNetConfig(ndim=2, width=2, auxiliary=True, dropout=0.0)
    losses = [
        learn(config, make_learner(config), [make_batch()], step=0, rate=0.0)
        for weight in (0.0, 1.0, 2.0)
        for config in (dataclasses.replace(plain, network=plan, auxiliary_weight=weight),)
    ]
    assert losses[1] > losses[0] > 0
    assert losses[2] - losses[1] == pytest.approx(losses[1] - losses[0], rel=1e-4)
