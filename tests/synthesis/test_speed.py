"""Speeds are known functions of centred millimetres, and add and multiply."""

import math

import pytest
import torch

from lumenfield.geometry import grid_points
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.synthesis.speed import AffineSpeed, GaussianSpeed, PlaneWave, RbfSpeed, draw_speed

SHAPE, SPACING = (9, 12), (0.5, 2.0)


def test_phase_is_outside_the_product_with_the_frequency():
    x = grid_points(SHAPE, SPACING)
    wave = PlaneWave(3.0, (0.7, 0.2), phase=0.4).on(SHAPE, SPACING)[0, 0]
    expected = 3.0 * torch.sin(0.7 * x[..., 0] + 0.2 * x[..., 1] + 0.4)
    torch.testing.assert_close(wave, expected)


@pytest.mark.parametrize("frequency", [0.1, 5.0])
def test_at_the_centre_a_wave_shows_its_phase_whatever_its_frequency(frequency):
    wave = PlaneWave(2.0, (frequency, frequency), phase=math.pi / 6).on((5, 5), SPACING)
    assert wave[0, 0, 2, 2].item() == pytest.approx(1.0)


def test_a_trend_is_centred_on_the_grid():
    trend = AffineSpeed(0.3, (2.0, -1.0)).on(SHAPE, SPACING)
    assert trend.mean().item() == pytest.approx(0.3, abs=1e-5)
    assert (trend[0, 0, 1, 0] - trend[0, 0, 0, 0]).item() == pytest.approx(2.0 * 0.5)
    assert (trend[0, 0, 0, 1] - trend[0, 0, 0, 0]).item() == pytest.approx(-1.0 * 2.0)


@pytest.mark.parametrize("spread", [0.3, 2.0])
def test_spread_of_a_gaussian_speed_is_a_standard_deviation_and_not_its_square(spread):
    draws = [GaussianSpeed(spread, 2.0, seed).on((40, 40), (1.0, 1.0)) for seed in range(8)]
    assert torch.cat(draws).std().item() == pytest.approx(spread, rel=0.05)


def test_a_gaussian_speed_is_the_same_each_time():
    speed = GaussianSpeed(1.0, 2.0, seed=4)
    assert torch.equal(speed.on(SHAPE, SPACING), speed.on(SHAPE, SPACING))


@pytest.mark.parametrize(
    ("shape", "spacing"), [((72, 60), (1.0, 0.7)), ((30, 36, 32), (1.0, 0.8, 1.3))]
)
def test_an_rbf_speed_has_the_spread_and_the_length_it_is_given(shape, spacing):
    draws = torch.cat([RbfSpeed(0.7, 2.5, seed).on(shape, spacing) for seed in range(60)])
    middle = draws[(..., *[slice(7, n - 7) for n in shape])]
    variance = middle.square().mean().item()
    assert math.sqrt(variance) == pytest.approx(0.7, rel=0.05)
    for axis, h in enumerate(spacing, start=2):
        n = middle.shape[axis]
        lagged = (middle.narrow(axis, 2, n - 2) * middle.narrow(axis, 0, n - 2)).mean().item()
        assert lagged / variance == pytest.approx(math.exp(-((2 * h / 2.5) ** 2) / 2), abs=0.06)


def test_speeds_add_and_multiply():
    one, two = PlaneWave(1.0, (1.0, 0.0), 0.2), AffineSpeed(2.0, (0.1, 0.0))
    a, b = one.on(SHAPE, SPACING), two.on(SHAPE, SPACING)
    torch.testing.assert_close((one + two).on(SHAPE, SPACING), a + b)
    torch.testing.assert_close((one * two + two).on(SHAPE, SPACING), a * b + b)


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_drawn_speed_is_repeatable_and_about_as_large_as_asked(ndim):
    shape, spacing = (16,) * ndim, (1.0,) * ndim
    fields = [draw_speed(Draw(3, i), ndim, 16.0, 2.0).on(shape, spacing) for i in range(12)]
    again = draw_speed(Draw(3, 0), ndim, 16.0, 2.0).on(shape, spacing)
    assert torch.equal(fields[0], again)
    size = torch.cat(fields).square().mean().sqrt().item()
    assert 0.4 < size < 4.0


@pytest.mark.parametrize("length", [1.0, 3.0, 12.0])
@pytest.mark.parametrize("shape", [(48, 41), (20, 33, 26)])
def test_smooth_fields_have_about_unit_spread_on_any_grid(length, shape):
    generator = torch.Generator().manual_seed(0)
    spacing = (1.0, 0.8, 1.3)[: len(shape)]
    fields = [smooth_field(shape, spacing, length, generator) for _ in range(24)]
    assert fields[0].shape == (1, 1, *shape)
    assert 0.75 < torch.cat(fields).square().mean().sqrt() < 1.25
