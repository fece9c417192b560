"""What learns: first weights by seed or given, and a loss of all heads."""

import dataclasses

import pytest
import torch

from lumenfield.data import Batch
from lumenfield.errors import InputError
from lumenfield.networks import FCNResNetConfig, UNetConfig, build, weights_hash
from lumenfield.training import TrainingConfig
from lumenfield.training.learner import make_learner
from lumenfield.training.step import learn

CONFIG = TrainingConfig(
    network=UNetConfig(ndim=2, widths=(4, 8)), precision="float32", average_decay=0.0, device="cpu"
)


def _batch(n=2):
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(n, 1, 12, 12, generator=generator)
    return Batch(image, (image > 0.5).float(), None, tuple("abcdef"[:n]))


def test_the_seed_chooses_the_first_weights():
    first, again, other = (
        weights_hash(make_learner(dataclasses.replace(CONFIG, seed=seed)).network)
        for seed in (0, 0, 1)
    )
    assert first == again != other


def test_weights_of_another_plan_are_no_start():
    other = build(UNetConfig(ndim=2, widths=(4, 9)))
    with pytest.raises(
        InputError, match=r"start is .*9.*; this run trains .*: start from its like"
    ):
        make_learner(CONFIG, other)


def test_an_auxiliary_head_is_judged_by_its_weight():
    plan = FCNResNetConfig(ndim=2, width=2, auxiliary=True, dropout=0.0)
    losses = [
        learn(config, make_learner(config), [_batch()], step=0, rate=0.0)
        for weight in (0.0, 1.0, 2.0)
        for config in (dataclasses.replace(CONFIG, network=plan, auxiliary_weight=weight),)
    ]
    assert losses[1] > losses[0] > 0
    assert losses[2] - losses[1] == pytest.approx(losses[1] - losses[0], rel=1e-4)
