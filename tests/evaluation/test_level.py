import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.evaluation.level import check_is_distance, level_of

LABELS = np.array([[0, 1, 2], [3, 0, 0]])


@pytest.mark.parametrize("top", [1, 255])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float64])
def test_two_values_are_a_mask(top, dtype):
    level = level_of(np.array([[0, top], [0, 0]], dtype=dtype))
    assert not level.is_distance
    assert level.mask.tolist() == [[False, True], [False, False]]


def test_booleans_are_a_mask():
    assert level_of(np.array([[False, True]])).mask.tolist() == [[False, True]]


def test_a_probability_has_its_wall_at_one_half():
    level = level_of(np.array([[0.2, 0.5, 0.8]]))
    assert level.values[0] == pytest.approx([0.3, 0, -0.3])
    assert level.mask.tolist() == [[False, False, True]]


def test_negative_values_tell_a_distance():
    level = level_of(np.array([[-1.5, 0.0, 2.0]]))
    assert level.is_distance
    assert level.mask.tolist() == [[True, False, False]]


@pytest.mark.parametrize(("value", "inside"), [(0, False), (1, True), (255, True), (0.3, False)])
def test_a_constant_is_all_or_nothing(value, inside):
    assert level_of(np.full((2, 3), value)).mask.all() == inside


def test_a_distance_without_a_lumen_must_be_said_to_be_one():
    far = np.array([[3.0, 4.0, 5.5]])
    assert not level_of(far, kind="distance").mask.any()
    with pytest.raises(InputError, match=r"truth holds the values 3, 4, 5\.5; .*if it is one"):
        level_of(far, what="truth")


def test_one_fraction_everywhere_is_the_distance_of_a_scan_without_a_lumen():
    far = level_of(np.full((2, 3), 145.2))
    assert far.is_distance
    assert not far.mask.any()
    with pytest.raises(InputError, match="holds the values 3"):
        level_of(np.full((2, 3), 3.0))


@pytest.mark.parametrize("values", [LABELS, LABELS.astype(float), np.array([[0, 2]])])
def test_labels_are_refused_by_name(values):
    with pytest.raises(InputError, match=r"holds the values 0,.* 2.*make a mask of the one label"):
        level_of(values)


def test_two_values_with_a_sign_are_no_distance():
    with pytest.raises(InputError, match="holds the values -1, 1"):
        level_of(np.array([[-1, 1]]))


def test_many_values_are_summed_up():
    with pytest.raises(InputError, match="holds 40 values from 0 to 39"):
        level_of(np.arange(40).reshape(5, 8))


def test_a_mask_that_is_none_is_refused():
    with pytest.raises(InputError, match=r"holds the values 0, 0\.4, 1"):
        level_of(np.array([[0, 0.4, 1]]), kind="mask")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(bad):
    with pytest.raises(InputError, match="prediction has 2 voxels that are NaN or infinite"):
        level_of(np.array([[0, bad, bad]]), what="prediction")


def test_complex_values_are_refused():
    with pytest.raises(InputError, match="type complex128; scores need real numbers"):
        level_of(np.zeros((2, 2), dtype=complex))


@pytest.mark.parametrize("radius", [1, 1.5, 3.2, 12])
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.6, 0.6, 1.5)])
def test_a_distance_in_mm_passes_and_one_half_as_steep_does_not(ball, radius, spacing):
    values = ball(radius, spacing=spacing)
    assert level_of(values).is_distance
    check_is_distance(level_of(values), spacing, "truth")
    with pytest.raises(InputError, match="convert it to mm"):
        check_is_distance(level_of(np.float32(0.5) * values), spacing, "truth")


@pytest.mark.parametrize("factor", [0.001, 1 / 0.6, -8])
def test_metres_voxels_and_logits_are_found_out(ball, factor):
    values = np.float32(factor) * ball(5, spacing=(0.6,) * 3)
    with pytest.raises(InputError, match=r"truth has negative values but grows by .* a mm"):
        check_is_distance(level_of(values), (0.6, 0.6, 0.6), "truth")


def test_a_mask_need_not_be_a_distance(ball):
    check_is_distance(level_of(ball(5) < 0), (0.1, 0.1, 0.1), "truth")
    with pytest.raises(InputError, match=r"grows by 9\.99 a mm"):
        check_is_distance(level_of(ball(5)), (0.1, 0.1, 0.1), "truth")
