"""The score of an epoch: hard masks, case by case."""

import pytest
import torch

from lumenfield.data import Batch
from lumenfield.training.learner import make_learner
from lumenfield.training.validation import dice_scores, validate


def test_the_score_is_the_dice_of_hard_masks_case_by_case():
    logits = torch.tensor([[3.0, 0.1, -0.1, -5.0], [1.0, -1.0, -1.0, -1.0]]).reshape(2, 1, 2, 2)
    target = torch.tensor([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]).reshape(2, 1, 2, 2)
    assert dice_scores(logits, target).tolist() == [0.5, 1.0]


def test_an_empty_scan_left_empty_is_right_and_one_with_a_false_alarm_is_wrong():
    logits, target = torch.full((2, 1, 4, 4), -1.0), torch.zeros(2, 1, 4, 4)
    logits[1, 0, 0, 0] = 1
    assert dice_scores(logits, target).tolist() == [1.0, 0.0]


def test_every_validation_case_counts_once(plain, make_batch):
    learner = make_learner(plain)
    batches = [make_batch(3), Batch(torch.randn(1, 1, 20, 9), torch.ones(1, 1, 20, 9))]
    with torch.no_grad():
        scores = [dice_scores(learner.averaged(b.image), b.target) for b in batches]
    assert validate(learner, batches) == pytest.approx(torch.cat(scores).mean().item())
    assert not learner.averaged.training
