"""No data makes a step fail: 200 batches of the kinds that do it elsewhere."""

import math

import pytest
import torch

from lumenfield.data import Batch
from lumenfield.networks import Preprocessing, UNetConfig
from lumenfield.training import LOSSES, LossConfig, TrainingConfig
from lumenfield.training.learner import make_learner
from lumenfield.training.step import learn

KINDS = ("empty", "full", "one voxel", "constant image", "huge values", "checkerboard", "wrong way")


def _batch(seed: int) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    kind = KINDS[seed % len(KINDS)]
    image = torch.randn(2, 1, 16, 16, generator=generator)
    target = (image > 1).float()
    if kind == "empty":
        target = torch.zeros_like(target)
    elif kind == "full":
        target = torch.ones_like(target)
    elif kind == "one voxel":
        target = torch.zeros_like(target)
        target[0, 0, seed % 16, 7] = 1
    elif kind == "constant image":
        image = torch.full_like(image, float(seed))
    elif kind == "huge values":
        image = image * 10.0 ** (seed % 30)
    elif kind == "checkerboard":
        target = ((torch.arange(16)[:, None] + torch.arange(16)) % 2).float().expand_as(target)
    else:
        target = 1 - target
    distance = 4.0 * (0.5 - target)
    return Batch(Preprocessing().normalise(image), target, distance, (f"{kind} {seed}",) * 2)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("loss", [*LOSSES, "all"])
def test_no_step_of_two_hundred_hostile_batches_fails(loss: str, precision: str) -> None:
    names = LOSSES if loss == "all" else (loss,)
    config = TrainingConfig(
        network=UNetConfig(ndim=2, widths=(4, 8), head="logits+distance"),
        loss=LossConfig(tuple((name, 1.0) for name in names)),
        learning_rate=0.01,
        precision=precision,  # type: ignore[arg-type]
        device="cpu",
    )
    learner = make_learner(config)
    seeds = range(200) if loss == "all" else range(0, 200, 10)
    for step, seed in enumerate(seeds):
        value = learn(config, learner, [_batch(seed)], step=step, rate=0.01)
        assert math.isfinite(value), _batch(seed).names
    assert all(weight.isfinite().all() for weight in learner.network.parameters())
