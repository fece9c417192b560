import numpy as np
import pytest

from lumenfield.report.cuts import across, close_up, orthogonal, place_with_most


def test_the_planes_go_through_the_place_with_most_lumen():
    lumen = np.zeros((9, 9, 9), dtype=bool)
    lumen[1:8, 4, 5] = True
    lumen[6, 1:8, 5] = True
    assert place_with_most(lumen) == (6, 4, 5)
    assert [c.title for c in orthogonal(lumen.shape, (6, 4, 5))] == ["k = 5", "j = 4", "i = 6"]


def test_nothing_found_is_looked_at_in_the_middle():
    assert place_with_most(np.zeros((4, 6, 8), dtype=bool)) == (2, 3, 4)


def test_a_cut_has_its_first_axis_to_the_right_and_its_box_around_the_voxels():
    values = np.arange(60).reshape(3, 4, 5)
    cut = orthogonal(values.shape, (1, 2, 3))[0]
    np.testing.assert_array_equal(cut.of(values), values[:, :, 3].T)
    assert cut.box((1.0, 2.0, 5.0)) == (-0.5, 2.5, -1.0, 7.0)
    assert not cut.downward


def test_an_image_stands_as_its_array_is_printed():
    values = np.arange(6).reshape(2, 3)
    (cut,) = orthogonal(values.shape, (0, 0))
    np.testing.assert_array_equal(cut.of(values), values)
    assert cut.downward
    assert (cut.horizontal, cut.vertical) == (1, 0)


@pytest.mark.parametrize("shape", [(16, 2, 14), (16, 1, 14)])
def test_a_flat_solid_is_cut_along_itself(shape):
    (cut,) = orthogonal(shape, (8, 0, 7))
    assert cut.title == "j = 0"


def test_slices_go_across_the_axis_that_is_longest_in_mm():
    lumen = np.zeros((30, 12, 12), dtype=bool)
    lumen[5:25, 5:8, 2:10] = True
    cuts = across(lumen, (1.0, 1.0, 1.0))
    assert [c.place[0] for c in cuts] == [6, 8, 10, 12, 14, 16, 18, 20, 22, 24]
    assert {type(c.place[2]) for c in across(lumen, (1.0, 1.0, 4.0))} == {int}


def test_slices_are_of_one_size_and_follow_the_lumen():
    lumen = np.zeros((40, 40, 40), dtype=bool)
    for i in range(40):
        lumen[i, max(0, i - 7) : i + 8, 20] = True
    cuts = across(lumen, (1.0, 1.0, 1.0))
    assert len({c.of(lumen).shape for c in cuts}) == 1
    assert all(c.of(lumen).sum() == lumen[c.place[0]].sum() for c in cuts)


def test_a_short_lumen_is_not_shown_twice():
    lumen = np.zeros((8, 8, 8), dtype=bool)
    lumen[3:5, 4, 4] = True
    assert [c.place[0] for c in across(lumen, (1.0, 1.0, 1.0))] == [3, 4]


@pytest.mark.parametrize("shape", [(20, 18, 16), (20, 18)])
def test_the_close_up_is_where_the_spread_is_largest(shape, make_scene):
    scene = make_scene(shape)
    middle = (np.array(shape) - 1) / 2
    worst = np.rint(middle + [0, 5, 0][: len(shape)]).astype(int)
    scene.prediction.spread.values[tuple(worst)] = 2.0
    cut, place = close_up(scene)
    assert np.abs(np.array(place) - worst).max() <= 1
    assert all(isinstance(p, slice) or p == q for p, q in zip(cut.place, place, strict=True))
    assert isinstance(cut.place[1], slice)


def test_the_close_up_stays_on_the_grid(make_scene):
    scene = make_scene((12, 12, 12), radius_mm=5.9)
    values = scene.prediction.distance.values
    assert all(0 < n <= 12 for n in close_up(scene)[0].of(values).shape)
