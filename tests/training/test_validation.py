"""The score of an epoch: hard masks, case by case."""

import pytest
import torch

from lumenfield.data import Batch
from lumenfield.networks import UNetConfig
from lumenfield.training import TrainingConfig
from lumenfield.training.learner import make_learner
from lumenfield.training.validation import dice_scores, validate

CONFIG = TrainingConfig(
    network=UNetConfig(ndim=2, widths=(4, 8)), precision="float32", average_decay=0.0, device="cpu"
)


def _batch(n=2):
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(n, 1, 12, 12, generator=generator)
    return Batch(image, (image > 0.5).float(), None, tuple("abcdef"[:n]))


def test_the_score_is_the_dice_of_hard_masks_case_by_case():
    logits = torch.tensor([[3.0, 0.1, -0.1, -5.0], [1.0, -1.0, -1.0, -1.0]]).reshape(2, 1, 2, 2)
    target = torch.tensor([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]).reshape(2, 1, 2, 2)
    assert dice_scores(logits, target).tolist() == [0.5, 1.0]


def test_an_empty_scan_left_empty_is_right_and_one_with_a_false_alarm_is_wrong():
    logits, target = torch.full((2, 1, 4, 4), -1.0), torch.zeros(2, 1, 4, 4)
    logits[1, 0, 0, 0] = 1
    assert dice_scores(logits, target).tolist() == [1.0, 0.0]


def test_every_validation_case_counts_once():
    learner = make_learner(CONFIG)
    batches = [_batch(3), Batch(torch.randn(1, 1, 20, 9), torch.ones(1, 1, 20, 9))]
    with torch.no_grad():
        scores = [dice_scores(learner.averaged(b.image), b.target) for b in batches]
    assert validate(learner, batches) == pytest.approx(torch.cat(scores).mean().item())
    assert not learner.averaged.training
