import math

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.training import LOSSES, LossConfig, combined
from lumenfield.training.losses import (
    boundary,
    cldice,
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


def _bar(cut=False, grid=(12, 24)):
    mask = torch.zeros(1, 1, *grid)
    mask[..., 4:9, 2:-2] = 1
    if cut:
        mask[..., 10:14] = 0
    return mask


@pytest.mark.parametrize("ndim", [2, 3])
def test_cldice_minds_a_broken_vessel_more_than_a_thinner_one(ndim):
    whole, broken = _bar(), _bar(cut=True)
    thinner = whole.clone()
    thinner[:, :, (4, 8)] = 0
    if ndim == 3:
        whole, broken, thinner = (
            torch.nn.functional.pad(m[:, :, None].repeat(1, 1, 5, 1, 1), (0, 0, 0, 0, 4, 4))
            for m in (whole, broken, thinner)
        )
    loss = {
        m: cldice(200 * x - 100, whole).item() for m, x in {"thin": thinner, "cut": broken}.items()
    }
    assert loss["cut"] > 0.05
    assert loss["cut"] > 3 * loss["thin"]


def test_the_centreline_of_one_channel_is_not_lost():
    assert cldice(torch.full((1, 1, 12, 24), -100.0), _bar()).item() > 0.8


def test_by_sample_an_overlap_is_the_mean_over_samples():
    logits, target = _overlap()
    other = torch.full_like(logits, -100)
    config = LossConfig((("dice", 1.0),), per="sample")
    together = combined(config)(torch.cat([logits, other]), torch.cat([target, target]))
    torch.testing.assert_close(together, (dice(logits, target) + dice(other, target)) / 2)


def test_distance_is_asked_for_near_the_wall_only():
    truth = torch.tensor([0.0, 1.0, -50.0, 9.0]).reshape(1, 1, 2, 2)
    output = torch.tensor([0.5, 3.0, -5.0, 5.0]).reshape(1, 1, 2, 2)
    assert distance(output, truth).item() == pytest.approx((0.5 * 0.25 + 1.5) / 4)


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


def test_low_precision_logits_are_summed_in_high_precision():
    target = torch.zeros(1, 1, 100, 100)
    target[..., :50] = 1
    logits = torch.full_like(target, -1.0).bfloat16()
    assert dice(logits, target) == dice(logits.float(), target)


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
