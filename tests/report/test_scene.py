import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.report.scene import axis_letters


def test_letters_follow_the_affine():
    grid = np.zeros((2, 3, 4))
    assert axis_letters(Volume(grid, np.eye(4))) == ("R", "A", "S")
    assert axis_letters(Volume(grid, np.diag([-1.0, 1, -2, 1]))) == ("L", "A", "I")
    assert axis_letters(Volume(grid, np.eye(4)[[1, 2, 0, 3]])) == ("S", "R", "A")


def test_an_oblique_axis_is_said_to_be_so():
    turn = np.radians(30)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    assert axis_letters(Volume(np.zeros((2, 3, 4)), affine)) == ("≈R", "≈A", "S")


def test_an_image_in_a_sagittal_slice_has_the_letters_of_its_own_axes():
    affine = np.eye(4)[[2, 0, 1, 3]] * [0.5, -0.5, 3, 1]
    assert axis_letters(Volume(np.zeros((2, 3)), affine)) == ("A", "I")


def test_a_dark_lumen_is_seen_to_be_dark(make_scene):
    assert make_scene().is_bright
    assert not make_scene(contrast=-1.0).is_bright


def test_outliers_do_not_set_the_grey_window(make_scene):
    scene = make_scene()
    scene.scan.values[0, 0, 0] = 1e6
    assert scene.window[1] < 200


def test_a_constant_scan_with_a_hole_has_a_window(make_scene):
    scene = make_scene(contrast=0.0)
    scene.scan.values[3, 3, 3] = np.nan
    assert scene.window == (100.0, 101.0)


def test_the_error_of_a_ball_found_too_large_is_its_excess(make_scene):
    scene = make_scene(error_mm=0.25)
    assert scene.errors is not None
    np.testing.assert_allclose(scene.errors.errors, 0.25, atol=0.03)
    assert make_scene(has_truth=False).errors is None


def test_the_spread_of_the_wall_is_read_between_voxels(make_scene):
    scene = make_scene((24, 20, 20), np.diag([0.5, 1, 2, 1]))
    scene.prediction.spread.values[:] = 0.1 + 0.02 * np.arange(24).reshape(-1, 1, 1)
    expected = 0.1 + 0.02 * scene.wall.points[:, 0] / 0.5
    np.testing.assert_allclose(scene.wall_spread, expected, rtol=1e-5)
    assert scene.spread_percentile(50.0) == pytest.approx(0.1 + 0.02 * 11.5, abs=0.03)
