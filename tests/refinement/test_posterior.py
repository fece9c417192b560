"""The spread, against the exact posterior."""

import pytest
import torch

from lumenfield.datatypes import MaternField
from lumenfield.refinement.posterior import posterior_of, spread_on_wall
from lumenfield.refinement.solver import whitened_prior

FIELD = MaternField(0.5, 3.0)


def drawn(weight, samples=32):
    spacing = (1.0,) * (weight.ndim - 2)
    return posterior_of(weight, spacing, FIELD, samples=samples, seed=0, place=(0,) * len(spacing))


def test_where_nothing_is_seen_the_spread_is_the_prior_exactly():
    variance = drawn(torch.zeros(1, 1, 20, 18)).variance
    torch.testing.assert_close(variance, torch.full_like(variance, 0.25), atol=1e-4, rtol=0)


def test_sampled_variance_is_that_of_the_exact_posterior():
    weight = torch.zeros(1, 1, 14, 12, dtype=torch.float64)
    weight[..., 6] = 40.0
    prior = whitened_prior(weight, (1.0, 1.0), FIELD)
    waves = torch.eye(prior.root.numel(), dtype=torch.float64)
    root = prior.colour(waves.reshape(-1, 1, *prior.root.shape)).flatten(1).T
    precision = torch.eye(len(waves)) + root.T @ (weight.reshape(-1, 1) * root)
    exact = (root @ torch.linalg.solve(precision, root.T)).diagonal()
    sampled = drawn(weight, 400).variance.flatten()
    assert (sampled / exact).mean().item() == pytest.approx(1.0, abs=0.05)
    assert ((sampled / exact).log().abs() < 0.4).all()


def test_many_samples_are_made_in_parts(monkeypatch):
    monkeypatch.setattr("lumenfield.refinement.posterior._VOXELS_AT_ONCE", 250)
    assert drawn(torch.ones(1, 1, 10, 10), 7).samples.shape == (7, 1, 10, 10)


def test_spread_is_measured_along_the_normal():
    plane = (2.0 * (torch.arange(16.0) - 7.4))[None, None, :, None].expand(1, 1, 16, 12)
    variance, slope = torch.full_like(plane, 0.04), torch.full_like(plane, 2.0)
    spread = spread_on_wall(variance, slope, plane / 2, (1.0, 1.0), 3.0)
    torch.testing.assert_close(spread, torch.full_like(spread, 0.1))
