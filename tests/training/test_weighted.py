"""Sums of losses, over the batch or by sample, and the configs that name them."""

import math

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.training.losses import cross_entropy, dice, distance, focal_tversky
from lumenfield.training.weighted import LossConfig, combined


def _overlap():
    """Four hits, two false alarms, one miss, five right rejections."""
    target = torch.tensor([1.0] * 5 + [0.0] * 7).reshape(1, 1, 3, 4)
    found = torch.tensor([1.0] * 4 + [0.0] + [1.0] * 2 + [0.0] * 5).reshape(1, 1, 3, 4)
    return 200 * found - 100, target


def test_by_sample_an_overlap_is_the_mean_over_samples():
    logits, target = _overlap()
    other = torch.full_like(logits, -100)
    config = LossConfig((("dice", 1.0),), per="sample")
    together = combined(config)(torch.cat([logits, other]), torch.cat([target, target]))
    torch.testing.assert_close(together, (dice(logits, target) + dice(other, target)) / 2)


def test_a_combined_loss_is_the_weighted_sum_of_its_parts():
    terms = (("cross_entropy", 0.5), ("focal_tversky", 2.0), ("distance", 0.25))
    output = torch.randn(2, 2, 8, 8)
    truth = torch.cat([(torch.rand(2, 1, 8, 8) < 0.3).float(), torch.randn(2, 1, 8, 8)], dim=1)
    parts = [
        0.5 * cross_entropy(output[:, :1], truth[:, :1]),
        2.0 * focal_tversky(output[:, :1], truth[:, :1]),
        0.25 * distance(output[:, 1:], truth[:, 1:]),
    ]
    assert all(part > 0 for part in parts)
    torch.testing.assert_close(combined(LossConfig(terms))(output, truth), sum(parts))


@pytest.mark.parametrize(
    ("terms", "match"),
    [
        ((), "no losses"),
        ((("dise", 1.0),), r"unknown loss dise; known are .*did you mean dice\?"),
        ((("dice", 0.0),), "loss dice weighs 0"),
        ((("dice", math.nan),), "loss dice weighs nan"),
    ],
)
def test_losses_that_cannot_be_combined_are_refused(terms, match):
    with pytest.raises(InputError, match=match):
        LossConfig(terms)
