"""Laws of the whitened prior and of conjugate gradients."""

import pytest
import torch

from lumenfield.datatypes import MaternField
from lumenfield.refinement.solver import conjugate_gradients, diagonal_guess, whitened_prior

FIELD = MaternField(0.5, 3.0)


def white(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def prior():
    return whitened_prior(white(1, 1, 12, 10), (1.0, 1.5), FIELD)


def test_gather_is_the_transpose_of_colour(prior):
    y, x = white(1, 1, *prior.root.shape), white(1, 1, 12, 10, seed=1)
    assert (prior.colour(y) * x).sum().item() == pytest.approx((prior.gather(x) * y).sum().item())


def test_marginal_spread_is_the_one_given_up_to_the_border(prior):
    impulses = torch.eye(120, dtype=torch.float64).reshape(120, 1, 12, 10)
    variance = prior.gather(impulses).square().flatten(1).sum(1)
    torch.testing.assert_close(variance, torch.full_like(variance, 0.25))


def test_long_correlation_needs_few_waves():
    like = white(1, 1, 64, 64)
    kept = [
        whitened_prior(like, (1.0, 1.0), MaternField(0.5, ell)).root.numel() for ell in (2.0, 8.0)
    ]
    assert kept[1] < 0.3 * kept[0]
    assert kept[1] < 0.2 * like.numel()


@pytest.mark.parametrize("guess", ["none", "diagonal"])
def test_conjugate_gradients_solve_a_batch(prior, guess):
    weight = white(1, 1, 12, 10, seed=2).square() * 50
    right = white(3, 1, *prior.root.shape, seed=3)
    precondition = diagonal_guess(prior, weight) if guess == "diagonal" else lambda y: y
    apply = lambda y: y + prior.gather(weight * prior.colour(y))  # noqa: E731
    solved, used = conjugate_gradients(
        apply,
        right,
        torch.zeros_like(right),
        precondition=precondition,
        tolerance=1e-8,
        max_iterations=300,
    )
    torch.testing.assert_close(apply(solved), right, atol=1e-5, rtol=1e-5)
    assert used < 300
    assert (
        conjugate_gradients(
            apply, right, solved, precondition=precondition, tolerance=1e-3, max_iterations=9
        )[1]
        == 0
    )
