import numpy as np
import pytest

from lumenfield.evaluation.bootstrap import mean_interval


def test_the_interval_is_that_of_a_mean_of_normal_numbers():
    values = np.random.default_rng(1).normal(3.0, 2.0, 400).tolist()
    low, high = mean_interval(values)
    error = np.std(values) / np.sqrt(400)
    assert (low + high) / 2 == pytest.approx(np.mean(values), abs=0.02)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_equal_cases_leave_no_doubt_and_one_case_says_nothing():
    assert mean_interval([0.5, 0.5, 0.5]) == (0.5, 0.5)
    assert mean_interval([0.5]) is None


def test_a_lower_level_is_narrower():
    values = [float(k) for k in range(20)]
    (a, b), (c, d) = mean_interval(values), mean_interval(values, level=0.5)
    assert a < c < d < b
