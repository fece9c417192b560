"""Noise that belongs to places."""

import numpy as np

from lumenfield.refinement.chance import place_noise


def test_overlapping_boxes_draw_the_same():
    whole = place_noise(3, 0, (0, 0, 0), (40, 20, 33))
    part = place_noise(3, 0, (17, 2, 5), (20, 16, 12))
    np.testing.assert_array_equal(whole[17:37, 2:18, 5:17], part)


def test_it_is_standard_normal_and_new_for_each_stream_and_seed():
    first = place_noise(0, 0, (0, 0), (200, 200))
    assert abs(first.mean()) < 0.02
    assert abs(first.std() - 1) < 0.02
    for other in (place_noise(0, 1, (0, 0), (200, 200)), place_noise(1, 0, (0, 0), (200, 200))):
        assert abs(np.corrcoef(first.ravel(), other.ravel())[0, 1]) < 0.03
