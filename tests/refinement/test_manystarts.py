"""Least squares from many starts, against known minima."""

import numpy as np
import pytest

from lumenfield.refinement.manystarts import least_squares

FREE = np.ones((2, 2), dtype=bool)
BOUNDS = (np.full(2, -10.0), np.full(2, 10.0))


def line(values):
    """A line through (0, 1), (1, 3), (2, 5): intercept 1, slope 2."""
    place = np.arange(3.0)
    return values[:, :1] + values[:, 1:] * place - (1 + 2 * place)


def test_every_start_reaches_the_minimum_and_its_covariance():
    found = least_squares(line, np.array([[0.0, 0.0], [9.0, -9.0]]), FREE, BOUNDS, np.ones(2))
    np.testing.assert_allclose(found.values, [[1, 2]] * 2, atol=1e-5)
    np.testing.assert_allclose(found.covariance[0], np.linalg.inv([[3, 3], [3, 5]]), rtol=1e-3)


def test_what_is_fixed_stays_and_bounds_hold():
    free = np.array([[True, False], [True, True]])
    start = np.array([[0.0, 0.0], [0.0, 0.0]])
    bounds = (np.full(2, -1.0), np.full(2, 1.5))
    found = least_squares(line, start, free, bounds, np.ones(2))
    assert found.values[0, 1] == 0.0
    assert found.values.max() <= 1.5


def test_a_curved_valley_is_followed():
    def rosenbrock(v):
        return np.stack([10 * (v[:, 1] - v[:, 0] ** 2), 1 - v[:, 0]], axis=1)

    found = least_squares(rosenbrock, np.array([[-1.2, 1.0]]), FREE[:1], BOUNDS, np.ones(2))
    assert found.values[0] == pytest.approx([1, 1], abs=1e-3)
