import math

import pytest
import torch

from lumenfield.training import LOSSES
from lumenfield.training.losses import (
    boundary,
    cross_entropy,
    dice,
    distance,
    focal_tversky,
    tversky,
    weighted_cross_entropy,
)

MOST_SLOPE = {"weighted_cross_entropy": 2.0, "cldice": 2.0, "focal_tversky": 0.75 * 0.01**-0.25}
"""What the slopes of a loss may sum to, as its docstring promises; 1 for the others."""

SHAPE = (2, 1, 12, 12, 12)


def _one_voxel():
    mask = torch.zeros(SHAPE)
    mask[0, 0, 6, 6, 6] = 1
    return mask


MASKS = {
    "empty": torch.zeros(SHAPE),
    "full": torch.ones(SHAPE),
    "one voxel": _one_voxel(),
    "all but one": 1 - _one_voxel(),
    "random": (torch.rand(SHAPE, generator=torch.Generator().manual_seed(0)) < 0.1).float(),
}
LOGITS = {
    "perfect": lambda mask: 80 * (2 * mask - 1),
    "nearly perfect": lambda mask: 12 * (2 * mask - 1),
    "adversarial": lambda mask: -80 * (2 * mask - 1),
    "undecided": torch.zeros_like,
    "all lumen": lambda mask: torch.full_like(mask, 9),
    "no lumen": lambda mask: torch.full_like(mask, -9),
    "noise": lambda mask: 5 * torch.randn(SHAPE, generator=torch.Generator().manual_seed(1)),
    "beyond half precision": lambda mask: 1e6 * (1 - 2 * mask),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("logits", LOGITS)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", LOSSES)
def test_no_mask_makes_a_gradient_explode(name, mask, logits, dtype):
    target = MASKS[mask]
    output = LOGITS[logits](target).to(dtype).requires_grad_()
    loss = LOSSES[name].function(output, target)
    loss.backward()
    assert loss.dtype == torch.float32
    assert 0 <= loss < math.inf
    # One percent for what bfloat16 rounds away.
    assert output.grad.double().abs().sum() <= 1.01 * MOST_SLOPE.get(name, 1.0)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("name", [n for n, loss in LOSSES.items() if loss.truth == 0])
def test_following_the_gradient_goes_toward_the_mask(name, mask):
    target = MASKS[mask]
    # Slightly uneven, as a centreline of an even image is nowhere.
    uneven = 0.01 * torch.randn(SHAPE, generator=torch.Generator().manual_seed(2))
    output = uneven.requires_grad_()
    LOSSES[name].function(output, target).backward()
    toward = -output.grad * (2 * target - 1)
    # A full grid has no centreline that could be missed.
    assert toward.sum() > 0 or (name, mask) == ("cldice", "full")
    if name != "cldice":  # A thinner lumen may bring a centreline home.
        assert ((output.grad < 0) == (target == 1)).all()


@pytest.mark.parametrize("name", [n for n, loss in LOSSES.items() if loss.truth == 0])
def test_a_perfect_answer_costs_nothing(name):
    target = MASKS["random"]
    assert LOSSES[name].function(80 * (2 * target - 1), target) < 1e-6


def _overlap():
    """Four hits, two false alarms, one miss, five right rejections."""
    target = torch.tensor([1.0] * 5 + [0.0] * 7).reshape(1, 1, 3, 4)
    found = torch.tensor([1.0] * 4 + [0.0] + [1.0] * 2 + [0.0] * 5).reshape(1, 1, 3, 4)
    return 200 * found - 100, target


def test_overlaps_are_the_formula_with_one_voxel_of_doubt():
    logits, target = _overlap()
    index = 1.3 / (4 + 0.3 * 2 + 0.7 * 1 + 1)
    assert dice(logits, target).item() == pytest.approx(1.5 / (4 + 1.0 + 0.5 + 1))
    assert tversky(logits, target).item() == pytest.approx(index)
    expected = (index + 0.01) ** 0.75 - 0.01**0.75
    assert focal_tversky(logits, target).item() == pytest.approx(expected)


def test_overlaps_sum_over_the_batch():
    logits, target = _overlap()
    empty = torch.cat([target, torch.zeros_like(target)])
    silent = torch.cat([logits, torch.full_like(logits, -100)])
    assert dice(silent, empty) == dice(logits, target)


def test_cross_entropy_of_no_opinion_is_log_two():
    target = torch.tensor([1.0, 0, 0, 0]).reshape(1, 1, 2, 2)
    logits = torch.zeros_like(target)
    assert cross_entropy(logits, target).item() == pytest.approx(math.log(2))
    assert weighted_cross_entropy(logits, target).item() == pytest.approx(1.5 * math.log(2))


def test_boundary_counts_wrong_lumen_by_its_distance_from_the_wall():
    truth = torch.tensor([2.0, -1.0, 30.0, -4.0]).reshape(1, 1, 2, 2)
    logits = torch.tensor([100.0, -100.0, -100.0, 100.0]).reshape(1, 1, 2, 2)
    assert boundary(logits, truth).item() == pytest.approx((2 / 5 + 1 / 5) / 4)


def test_distance_is_asked_for_near_the_wall_only():
    truth = torch.tensor([0.0, 1.0, -50.0, 9.0]).reshape(1, 1, 2, 2)
    output = torch.tensor([0.5, 3.0, -5.0, 5.0]).reshape(1, 1, 2, 2)
    assert distance(output, truth).item() == pytest.approx((0.5 * 0.25 + 1.5) / 4)


def test_low_precision_logits_are_summed_in_high_precision():
    target = torch.zeros(1, 1, 100, 100)
    target[..., :50] = 1
    logits = torch.full_like(target, -1.0).bfloat16()
    assert dice(logits, target) == dice(logits.float(), target)
