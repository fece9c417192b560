"""Means of magnitudes, against sampling and themselves."""

import pytest
import torch

from lumenfield.refinement.rician import (
    RAYLEIGH_DEVIATION,
    RAYLEIGH_MEAN,
    rician_mean,
    rician_signal,
    rician_slope,
)

SIGNALS = torch.tensor([0.0, 0.5, 1.0, 2.0, 6.0, 40.0], dtype=torch.float64)


def test_mean_is_that_of_sampled_magnitudes():
    noise = 0.7 * torch.randn((2, 6, 200_000), generator=torch.Generator().manual_seed(0))
    sampled = torch.hypot(SIGNALS[:, None] + noise[0], noise[1])
    torch.testing.assert_close(
        rician_mean(SIGNALS, 0.7), sampled.double().mean(1), atol=0.006, rtol=0
    )
    assert (sampled[0].mean() / 0.7).item() == pytest.approx(RAYLEIGH_MEAN, rel=0.01)
    assert (sampled[0].std() / 0.7).item() == pytest.approx(RAYLEIGH_DEVIATION, rel=0.01)


def test_slope_is_the_derivative():
    signal = SIGNALS.clone().requires_grad_()
    (derivative,) = torch.autograd.grad(rician_mean(signal, 0.7).sum(), signal)
    torch.testing.assert_close(rician_slope(SIGNALS, 0.7), derivative)


def test_signal_undoes_mean():
    torch.testing.assert_close(
        rician_signal(rician_mean(SIGNALS[2:], 0.7), 0.7), SIGNALS[2:], atol=0.02, rtol=0
    )
    assert rician_signal(torch.tensor(0.5), 0.7).item() == 0.0


def test_without_noise_a_magnitude_is_its_signal():
    assert torch.equal(rician_mean(SIGNALS, 0.0), SIGNALS)
    assert torch.equal(rician_signal(SIGNALS, 0.0), SIGNALS)
