import numpy as np
import pytest

from lumenfield.evaluation.overlap import dice, iou, precision, recall, volume_error
from lumenfield.evaluation.undefined import Undefined

TRUTH = np.array([[1, 1, 1, 1], [0, 0, 0, 0]], dtype=bool)
PREDICTED = np.array([[0, 1, 1, 1], [0, 0, 1, 1]], dtype=bool)
EMPTY = np.zeros((2, 4), dtype=bool)


@pytest.mark.parametrize(
    ("metric", "value"),
    [(iou, 3 / 6), (dice, 6 / 9), (precision, 3 / 5), (recall, 3 / 4), (volume_error, 1 / 4)],
)
def test_overlap_is_counted_by_hand(metric, value):
    assert metric(PREDICTED, TRUTH) == pytest.approx(value)


@pytest.mark.parametrize("metric", [iou, dice, precision, recall])
def test_nothing_predicted_where_nothing_is_true_is_perfect(metric):
    assert metric(EMPTY, EMPTY) == 1
    assert volume_error(EMPTY, EMPTY) == 0


@pytest.mark.parametrize("metric", [iou, dice, precision, recall])
def test_a_missed_vessel_is_the_worst_case(metric):
    assert metric(EMPTY, TRUTH) == 0
    assert volume_error(EMPTY, TRUTH) == -1


@pytest.mark.parametrize("metric", [iou, dice, precision])
def test_a_vessel_out_of_nothing_is_the_worst_case(metric):
    assert metric(TRUTH, EMPTY) == 0


@pytest.mark.parametrize("metric", [recall, volume_error])
def test_what_is_relative_to_an_empty_truth_is_undefined(metric):
    with pytest.raises(Undefined, match="the truth is empty"):
        metric(TRUTH, EMPTY)


def test_dice_follows_from_iou():
    shared = iou(PREDICTED, TRUTH)
    assert dice(PREDICTED, TRUTH) == pytest.approx(2 * shared / (1 + shared))
