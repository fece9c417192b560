"""One scan has one sign of contrast, unless two pieces are equally sure; far less sure is out."""

import numpy as np
import pytest

from lumenfield.inference.sureness import outdone

BRIGHT, DARK = 1, 2


def _scene(sure_of_dark: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A thin bright bar and a large dark block on grey."""
    labels = np.zeros((20, 24, 22), dtype=np.int32)
    labels[:, 4:7, 4:7] = BRIGHT
    labels[4:16, 12:22, 10:20] = DARK
    magnitude = np.choose(labels, [0.5, 1.0, 0.0]) + np.linspace(0, 0.1, 22)
    return magnitude, labels, np.choose(labels, [-4.0, 4.0, sure_of_dark])


def _told(magnitude: np.ndarray, labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    return outdone(magnitude, labels, logits, np.bincount(labels.ravel()))


@pytest.mark.parametrize("turned", [1, -1])
def test_a_less_sure_piece_of_the_other_sign_is_told(turned):
    magnitude, labels, logits = _scene(sure_of_dark=2.8)
    assert _told(turned * magnitude, labels, logits).tolist() == [False, False, True]


def test_an_equally_sure_piece_of_the_other_sign_stays():
    assert not _told(*_scene(sure_of_dark=3.9)).any()


def test_a_less_sure_piece_of_the_same_sign_stays():
    _, labels, logits = _scene(sure_of_dark=2.8)
    assert not _told(np.where(labels > 0, 1.0, 0.5), labels, logits).any()


def test_a_far_less_sure_piece_of_the_same_sign_is_told():
    _, labels, logits = _scene(sure_of_dark=1.0)
    told = _told(np.where(labels > 0, 1.0, 0.5), labels, logits)
    assert told.tolist() == [False, False, True]


def test_a_speck_does_not_set_the_sign():
    magnitude, labels, logits = _scene(sure_of_dark=2.8)
    labels[labels == BRIGHT] = 0
    labels[2:4, 5, 5] = BRIGHT
    assert not _told(magnitude, labels, logits)[DARK]


def test_slices_work_and_nothing_has_no_sign():
    magnitude, labels, logits = (grid[8] for grid in _scene(sure_of_dark=2.8))
    assert _told(magnitude, labels, logits).tolist() == [False, False, True]
    assert not _told(magnitude, 0 * labels, logits).any()
