"""Intervals of radii, from the spread and from samples."""

import numpy as np
import pytest
from scipy.special import gamma, kv

from lumenfield.datatypes import MaternField
from lumenfield.vessels import trace_vessels
from lumenfield.vessels.errors import matern


def widths(vessels):
    (branch,) = vessels.branches
    return (branch.radius_high_mm - branch.radius_low_mm) / (2 * 1.96)


def traced(distance, length, spread=0.2):
    known = distance.like(np.full(distance.shape, spread, np.float32))
    return trace_vessels(distance, known, MaternField(0.5, length))


def test_a_wall_that_moves_as_one_gives_its_spread_to_the_radius(tube):
    np.testing.assert_allclose(widths(traced(tube(4.0, (24, 20, 20)), 1e3)), 0.2, rtol=0.01)


def test_errors_of_short_reach_average_out_around_a_section(tube):
    short = widths(traced(tube(6.0, (24, 24, 24)), 0.3))
    np.testing.assert_allclose(short, 0.2 / np.sqrt(8), rtol=0.05)


def test_samples_tell_the_interval_where_they_are_given(tube, trace):
    distance = tube(4.0, (24, 20, 20))
    shifts = np.array([-0.3, -0.1, 0.1, 0.3], np.float32).reshape(-1, 1, 1, 1)
    found = trace(distance, samples=distance.values + shifts)
    np.testing.assert_allclose(widths(found), np.std(shifts, ddof=1), rtol=0.01)


def test_a_longer_reach_makes_resistance_less_certain(tube):
    near, far = (
        traced(tube(4.0, (40, 20, 20)), length).branches[0].measures.resistance
        for length in (2.0, 40.0)
    )
    assert far.high - far.low > 1.5 * (near.high - near.low)
    assert near.low < near.value < near.high


@pytest.mark.parametrize(("alpha", "ndim"), [(3.0, 3), (3.0, 2), (2.5, 3)])
def test_correlation_is_that_of_the_field(alpha, ndim):
    nu = alpha - ndim / 2
    r = np.array([0.2, 1.0, 3.0])
    expected = 2 ** (1 - nu) / gamma(nu) * r**nu * kv(nu, r)
    found = matern(4.0 * r, MaternField(0.5, 4.0, alpha), ndim)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert matern(np.zeros(1), MaternField(0.5, 4.0, alpha), ndim)[0] == pytest.approx(1, abs=1e-3)
