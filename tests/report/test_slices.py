import numpy as np
import pytest

from lumenfield.report.slices import draw_overview, draw_projections, draw_slices

pytestmark = pytest.mark.usefixtures("report_style")


def titles(figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes]


def test_the_overview_has_three_planes_and_the_least_certain_wall(make_scene):
    figure = draw_overview(make_scene())
    assert titles(figure)[:3] == ["k = 7", "j = 8", "i = 9"]
    assert titles(figure)[3].startswith("least certain wall: i = ")
    assert [t.get_text() for t in figure.legends[0].get_texts()] == [
        "wall",
        "95 % band of the wall",
        "true wall",
    ]


def test_the_network_s_own_wall_is_in_the_close_up_alone(make_scene):
    counts = [
        [len(axes.collections) for axes in draw_overview(make_scene(has_initial=known)).axes]
        for known in (False, True)
    ]
    assert np.diff(counts, axis=0).tolist() == [[0, 0, 0, 1]]


def test_an_image_is_one_plane_and_a_close_up(make_scene):
    names = titles(draw_overview(make_scene((20, 18))))
    assert names[0] == "all of the image"
    assert len(names) == 2


def test_slices_share_a_scale(make_scene):
    figure = draw_slices(make_scene())
    assert titles(figure) == [f"i = {i}" for i in range(5, 15)]
    widths = {float(np.ptp(axes.get_xlim())) for axes in figure.axes}
    assert len(widths) == 1


@pytest.mark.parametrize("contrast", [1.0, -1.0])
def test_a_lumen_shows_in_its_projection_whether_bright_or_dark(contrast, make_scene):
    scene = make_scene((24, 24, 24), contrast=contrast)
    scene.scan.values[:] = np.where(scene.lumen, contrast, 0)
    image = draw_projections(scene).axes[0].images[0].get_array()
    assert image[12, 12] == (255 if contrast > 0 else 0)
    assert image[1, 1] == (0 if contrast > 0 else 255)


def test_the_projected_outline_is_that_of_the_whole_ball(make_scene):
    outline = draw_projections(make_scene((21, 21, 21), has_truth=False)).axes[1].collections[0]
    (line,) = outline.get_paths()
    np.testing.assert_allclose(np.linalg.norm(line.vertices - 10, axis=1), 5, atol=0.1)
