import pytest

from lumenfield.training import TrainingConfig
from lumenfield.training.schedule import learning_rate

PLAIN = {"learning_rate": 0.1, "warm_up_steps": 10, "steps_per_epoch": 10, "max_epochs": 10}


def _rate(step, cuts=0, minutes=0.0, **options):
    return learning_rate(TrainingConfig(**PLAIN, **options), step=step, cuts=cuts, minutes=minutes)


def test_the_rate_warms_up_in_a_straight_line():
    assert [_rate(step) for step in (0, 4, 9, 50)] == pytest.approx([0.01, 0.05, 0.1, 0.1])


def test_each_cut_multiplies_the_rate():
    assert _rate(50, cuts=2, cut_factor=0.3) == pytest.approx(0.1 * 0.09)


def test_a_cosine_falls_to_zero_over_the_steps():
    rates = [_rate(step, schedule="cosine") for step in (50, 75, 100, 200)]
    assert rates == pytest.approx([0.05, 0.0146447, 0.0, 0.0], abs=1e-6)


def test_a_cosine_follows_the_clock_where_that_is_further():
    assert _rate(20, minutes=4.0, max_minutes=8.0, schedule="cosine") == pytest.approx(0.05)


def test_cuts_do_not_touch_a_cosine():
    assert _rate(50, cuts=3, schedule="cosine") == _rate(50, schedule="cosine")
