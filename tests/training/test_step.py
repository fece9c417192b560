"""One step: all of the batch and of the loss, clipped, averaged; nothing at all where it fails."""

import dataclasses
import math

import pytest
import torch

from lumenfield.data import Batch
from lumenfield.networks import UNetConfig, weights_hash
from lumenfield.training import LossConfig
from lumenfield.training.learner import make_learner
from lumenfield.training.step import learn


def test_every_case_of_a_batch_is_learned_from(plain, make_batch):
    hashes = []
    for last in (0.0, 1.0):
        learner, batch = make_learner(plain), make_batch(3)
        batch.target[2] = last
        learn(plain, learner, [batch], step=0, rate=0.01)
        hashes.append(weights_hash(learner.network))
    assert hashes[0] != hashes[1]


def test_the_whole_loss_is_learned_from_not_its_last_term(plain, make_batch):
    def loss(*terms):
        config = dataclasses.replace(plain, loss=LossConfig(terms))
        return learn(config, make_learner(config), [make_batch()], step=0, rate=0.0)

    parts = 2 * loss(("cross_entropy", 1.0)) + 0.5 * loss(("dice", 1.0))
    assert loss(("cross_entropy", 2.0), ("dice", 0.5)) == pytest.approx(parts)


@pytest.mark.parametrize("clip_norm", [1e-3, 1e3])
def test_a_long_gradient_is_clipped(clip_norm, plain, make_batch):
    config = dataclasses.replace(plain, clip_norm=clip_norm)
    learner = make_learner(config)
    learn(config, learner, [make_batch()], step=0, rate=0.01)
    lengths = [p.grad.norm() for p in learner.network.parameters()]
    assert (torch.stack(lengths).norm() <= 1.01e-3) == (clip_norm == 1e-3)


def test_the_average_follows_the_weights_with_its_decay(plain, make_batch):
    config = dataclasses.replace(plain, average_decay=0.5)
    learner = make_learner(config)
    first = learner.network.head.weight.detach().clone()
    learn(config, learner, [make_batch()], step=100, rate=0.01)
    latest = learner.network.head.weight.detach()
    assert not torch.equal(first, latest)
    torch.testing.assert_close(learner.averaged.head.weight, (first + latest) / 2)


def test_a_bad_batch_changes_nothing_and_gives_nan(plain, make_batch):
    learner, batch = make_learner(plain), make_batch()
    before = weights_hash(learner.network), weights_hash(learner.averaged)
    batch.image[0, 0, 5, 5] = math.inf
    assert math.isnan(learn(plain, learner, [batch], step=0, rate=0.01))
    assert (weights_hash(learner.network), weights_hash(learner.averaged)) == before


def test_gradients_of_several_batches_are_averaged_into_one_step(plain, make_batch):
    batch = make_batch(4)
    parts = [
        Batch(batch.image[k : k + 2], batch.target[k : k + 2], None, ("ab", "cd")) for k in (0, 2)
    ]
    # Group norm and a loss by sample: then two halves are the whole.
    config = dataclasses.replace(
        plain,
        network=UNetConfig(ndim=2, widths=(4, 8), norm="group"),
        loss=LossConfig((("dice", 1.0),), per="sample"),
        learning_rate=1.0,
    )
    weights = []
    for batches in ([batch], parts):
        learner = make_learner(config)
        learn(config, learner, batches, step=0, rate=0.01)
        weights.append(learner.network.head.weight.grad)
    torch.testing.assert_close(weights[0], weights[1], rtol=1e-4, atol=1e-7)


def test_frozen_norms_keep_their_statistics_and_still_learn(plain, make_batch):
    config = dataclasses.replace(plain, frozen_norms=True)
    learner = make_learner(config)
    statistics = [buffer.clone() for buffer in learner.network.buffers()]
    scales = [p.clone() for p in learner.network.parameters() if p.ndim == 1]
    learn(config, learner, [make_batch()], step=0, rate=1e-2)
    assert all(map(torch.equal, statistics, learner.network.buffers()))
    after = [p for p in learner.network.parameters() if p.ndim == 1]
    assert not any(map(torch.equal, scales, after))
