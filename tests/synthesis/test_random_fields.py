"""A Gaussian field has the spread and the correlation that were asked for, everywhere."""

import math

import pytest
import torch

from lumenfield.synthesis.random_fields import smooth_field

CASES = {
    "3-D": ((40, 40, 40), (1.0, 1.0, 1.0), 4.0),
    "not cubic": ((48, 30, 36), (1.0, 1.0, 1.0), 3.0),
    "anisotropic": ((40, 40, 24), (0.7, 0.7, 1.75), 4.0),
}


def drawn(shape, spacing, length, count=60):
    generator = torch.Generator().manual_seed(0)
    return torch.cat([smooth_field(shape, spacing, length, generator) for _ in range(count)])[:, 0]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_spread_is_one_and_correlation_is_materns(case):
    fields, (_, spacing, length) = drawn(*case), case
    assert fields.square().mean().sqrt().item() == pytest.approx(1.0, rel=0.03)
    for axis, h in enumerate(spacing, start=1):
        lag = max(1, round(length / h))
        n = fields.shape[axis] - lag
        product = fields.narrow(axis, 0, n) * fields.narrow(axis, lag, n)
        r = lag * h / length
        assert product.mean().item() == pytest.approx((1 + r) * math.exp(-r), abs=0.04)


def test_borders_are_like_the_inside():
    fields = drawn((24, 24), (1.0, 1.0), 3.0, count=800)
    border, inside = fields[:, 0].square().mean(), fields[:, 12].square().mean()
    assert border.item() == pytest.approx(1.0, abs=0.08)
    assert inside.item() == pytest.approx(1.0, abs=0.08)


def test_opposite_borders_do_not_know_each_other():
    fields = drawn((24, 24), (1.0, 1.0), 3.0, count=400)
    assert abs((fields[:, 0] * fields[:, -1]).mean().item()) < 0.1


@pytest.mark.parametrize("length", [0.3, 1.0, 200.0])
def test_any_length_can_be_drawn(length):
    field = smooth_field((12, 9), (1.0, 2.0), length, torch.Generator().manual_seed(1))
    assert field.shape == (1, 1, 12, 9)
    assert torch.isfinite(field).all()
