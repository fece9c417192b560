import math

import pytest

from lumenfield.errors import InputError
from lumenfield.training import Patience, Waiting, judge


def _verdicts(patience, scores):
    waiting, verdicts = Waiting(), []
    for score in scores:
        waiting, verdict = judge(patience, waiting, score)
        verdicts.append(verdict)
    return verdicts


def test_the_first_patience_cuts_and_the_second_stops():
    scores = [0.5, 0.6, 0.6, 0.5, 0.7, 0.7, 0.7, 0.6, 0.6, 0.1]
    assert _verdicts(Patience(2, 5), scores) == [
        *("improved", "improved", "wait", "cut"),
        *("improved", "wait", "cut", "wait", "cut", "stop"),
    ]


def test_a_stop_comes_before_a_cut():
    assert _verdicts(Patience(1, 2), [0.5, 0.5, 0.5])[-1] == "stop"


def test_a_gain_below_the_least_is_none():
    assert _verdicts(Patience(2, 4, least_gain=0.1), [0.5, 0.55, 0.58, 0.61]) == [
        *("improved", "wait", "cut", "improved")
    ]


def test_slow_gains_are_measured_from_the_best_that_counted():
    waiting, _ = judge(Patience(least_gain=0.1), Waiting(0.5), 0.55)
    assert waiting == Waiting(0.5, 1)


@pytest.mark.parametrize("score", [0.0, -3.0])
def test_the_first_score_is_the_best_so_far(score):
    assert judge(Patience(), Waiting(), score) == (Waiting(score), "improved")


def test_a_score_that_is_not_a_number_never_improves():
    assert _verdicts(Patience(2, 3), [math.nan] * 3) == ["wait", "cut", "stop"]


@pytest.mark.parametrize("fault", [(0, 5), (5, 5), (6, 5)])
def test_patiences_in_the_wrong_order_are_refused(fault):
    with pytest.raises(InputError, match="1 ≤ cut_after < stop_after"):
        Patience(*fault)
