import numpy as np
import pytest

from lumenfield.report import surface
from lumenfield.report.surface import CAMERAS, best_cameras, draw_wall, thinned_wall

pytestmark = pytest.mark.usefixtures("report_style")


def test_cameras_look_along_right_handed_axes():
    for camera in (*CAMERAS, *(c.tilted() for c in CAMERAS)):
        right, up, ahead = camera.axes
        np.testing.assert_allclose(camera.axes @ camera.axes.T, np.eye(3), atol=1e-12)
        np.testing.assert_allclose(np.cross(ahead, up), right, atol=1e-12)


def test_a_raised_camera_sees_the_top():
    _, up, ahead = CAMERAS[0].tilted().axes
    assert ahead[2] < -0.3
    assert up[2] > 0.9


def test_a_vessel_is_not_looked_at_from_its_end():
    along_s = np.array([[-1.0, -1, -30], [1, 1, 30]])
    assert {c.name for c in best_cameras(along_s)} == {"from the front", "from the left"}


def test_the_wall_lies_in_the_world(make_scene):
    affine = np.array([[0.0, -2, 0, 30], [1, 0, 0, -5], [0, 0, 1.5, 7], [0, 0, 0, 1]])
    scene = make_scene((24, 14, 18), affine)
    wall, stride = thinned_wall(scene)
    world = surface._world(scene, wall.points)
    centre = affine[:3, :3] @ [11.5, 6.5, 8.5] + affine[:3, 3]
    assert stride == 1
    np.testing.assert_allclose(np.linalg.norm(world - centre, axis=1), 5, atol=0.2)


def test_a_large_wall_is_thinned_and_stays_in_place(make_scene, monkeypatch):
    monkeypatch.setattr(surface, "_MOST_FACES", 600)
    wall, stride = thinned_wall(make_scene((24, 24, 24), radius_mm=8.0))
    assert stride > 1
    assert len(wall.faces) <= 600
    np.testing.assert_allclose(np.linalg.norm(wall.points - 11.5, axis=1), 8, atol=0.6)


def test_the_uncertain_side_has_the_colour_of_the_uncertain(make_scene):
    scene = make_scene((24, 24, 24), radius_mm=8.0)
    scene.prediction.spread.values[12:] = 0.9
    figure = draw_wall(scene)
    front = next(a for a in figure.axes if a.get_title() == "from the front")
    painted = front.collections[0]
    middles = np.array([path.vertices[:3].mean(axis=0) for path in painted.get_paths()])
    blueness = painted.get_facecolors()[:, 2] - painted.get_facecolors()[:, 0]
    # Right of the body is left of the picture.
    side = middles[:, 0] - middles[:, 0].mean()
    assert blueness[side < -5].mean() < -0.1 < 0.05 < blueness[side > 5].mean()


def test_what_is_near_hides_what_is_far(make_scene):
    scene = make_scene((24, 24, 24), radius_mm=8.0)
    scene.prediction.spread.values[:, 12:] = 0.9
    figure = draw_wall(scene)
    front = next(a for a in figure.axes if a.get_title() == "from the front")
    colours = front.collections[0].get_facecolors()
    blueness = colours[:, 2] - colours[:, 0]
    assert blueness[-200:].mean() < -0.1 < 0.05 < blueness[:200].mean()


def test_an_even_spread_is_not_blown_up_to_a_whole_scale(make_scene):
    figure = draw_wall(make_scene(spread_mm=0.5))
    low, high = figure.axes[-1].get_ylim()
    assert low < 0.46
    assert high > 0.54
