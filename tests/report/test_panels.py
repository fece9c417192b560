"""What a panel shows, told from its pixels: places in mm go to pixels by the axes themselves."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from lumenfield.report.cuts import orthogonal
from lumenfield.report.figures import TRUTH, WALL, add_panel, blank
from lumenfield.report.panels import add_letters, add_scale_bar, paint

pytestmark = pytest.mark.usefixtures("report_style")


def panel(scene: Any, normal: int = 2, **options: Any) -> Any:
    middle = tuple(n // 2 for n in scene.scan.shape)
    cut = orthogonal(scene.scan.shape, middle)[2 - normal]
    figure = blank(6.0, 6.0)
    axes = add_panel(figure, 0.5, 0.5, 5.0, 5.0)
    paint(axes, scene, cut, **options)
    add_letters(axes, scene, cut)
    return axes


def colours_at(axes: Any, *places: tuple[float, float]) -> np.ndarray:
    canvas = FigureCanvasAgg(axes.figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    columns, rows = np.floor(axes.transData.transform(places)).astype(int).T
    return pixels[len(pixels) - 1 - rows, columns, :3].astype(float)


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)


def are_yellow(colours: np.ndarray) -> list[bool]:
    return list(colours[:, 0] - colours[:, 2] > 60)


def test_the_wall_is_drawn_where_the_distance_is_zero(make_scene):
    axes = panel(make_scene((21, 21, 21), has_truth=False, spread_mm=1e-3), width=3.0)
    found = colours_at(axes, (15, 10), (5, 10), (10, 15), (10, 5))
    assert np.abs(found - rgb(WALL)).max() < 12


def test_the_band_reaches_as_far_as_the_interval(make_scene):
    axes = panel(make_scene((21, 21, 21), has_truth=False, spread_mm=1.0))
    found = colours_at(axes, *[(15 + away, 10) for away in (-2.2, -1.8, -1, 1, 1.8, 2.2)])
    assert are_yellow(found) == [False, True, True, True, True, False]


def test_a_band_thinner_than_a_voxel_is_there(make_scene):
    scene = make_scene((21, 21, 21), radius_mm=5.3, has_truth=False, spread_mm=0.2)
    axes = panel(scene, width=0.1)
    axes.collections[-1].set_path_effects([])
    found = colours_at(axes, (14.8, 10), (15.0, 10), (15.6, 10), (15.8, 10))
    assert are_yellow(found) == [False, True, True, False]


def test_the_truth_is_dashed_beside_the_wall(make_scene):
    axes = panel(make_scene((21, 21, 21), error_mm=2.0, spread_mm=1e-3), width=3.0)
    turns = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    ring = colours_at(axes, *[(10 + 5 * np.cos(t), 10 + 5 * np.sin(t)) for t in turns])
    blue = np.abs(ring - rgb(TRUTH)).max(axis=1) < 25
    assert 0.25 < blue.mean() < 0.75
    assert np.abs(colours_at(axes, (17, 10)) - rgb(WALL)).max() < 12


def test_the_scan_lies_under_its_wall(make_scene):
    scene = make_scene((21, 21, 21), spread_mm=1e-3)
    scene.scan.values[:] = 0
    scene.scan.values[12, 9, 10] = 1
    scene.scan.values[2:4] = 1
    found = colours_at(panel(scene), (12.4, 9.4), (12.6, 9), (9, 12))
    assert found.mean(axis=1).tolist() == [255, 0, 0]


def test_an_image_has_its_first_row_on_top(make_scene):
    scene = make_scene((21, 15), has_truth=False, spread_mm=1e-3)
    scene.scan.values[:] = 0
    scene.scan.values[1, 12:] = 1
    axes = panel(scene)
    bottom, top = axes.get_ylim()
    assert (bottom, top) == (20.5, -0.5)
    assert colours_at(axes, (13, 1)).min() > 250


@pytest.mark.parametrize(("normal", "sides"), [(2, (0, 1)), (1, (0, 2)), (0, (1, 2))])
def test_a_voxel_is_as_wide_and_high_as_its_spacing(normal, sides, make_scene):
    spacing = (0.5, 1.0, 3.0)
    scene = make_scene((24, 16, 8), np.diag([*spacing, 1.0]))
    axes = panel(scene, normal)
    axes.apply_aspect()
    box = axes.get_window_extent()
    voxels = [scene.scan.shape[s] for s in sides]
    ratio = (box.width / voxels[0]) / (box.height / voxels[1])
    assert ratio == pytest.approx(spacing[sides[0]] / spacing[sides[1]], rel=1e-3)


def test_a_flipped_axis_has_the_other_letter(make_scene):
    upright, flipped = (panel(make_scene(affine=np.diag(d))) for d in ([1.0] * 4, [-1.0, 1, 1, 1]))
    assert (upright.get_xlabel(), upright.get_ylabel()) == ("i → R  (mm)", "j → A  (mm)")
    assert (flipped.get_xlabel(), flipped.get_ylabel()) == ("i → L  (mm)", "j → A  (mm)")


def test_rows_of_an_image_point_down(make_scene):
    axes = panel(make_scene((20, 18)))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("j → A  (mm)", "R ← i  (mm)")


def test_the_scale_bar_is_as_long_as_it_says(make_scene):
    axes = panel(make_scene((40, 30, 20), has_truth=False))
    add_scale_bar(axes)
    (bar,) = axes.lines
    ends = axes.transAxes.transform(bar.get_xydata())
    length = np.diff(axes.transData.inverted().transform(ends)[:, 0])[0]
    assert axes.texts[-1].get_text() == "10 mm"
    assert length == pytest.approx(10)


def test_only_a_scan_that_says_how_it_lies_has_letters(make_scene):
    placed = make_scene()
    named = panel(placed, normal=2)
    scan = dataclasses.replace(placed.scan, placed=False)
    bare = panel(dataclasses.replace(placed, scan=scan), normal=2)
    assert (named.get_xlabel(), named.get_ylabel()) == ("i → R  (mm)", "j → A  (mm)")
    assert (bare.get_xlabel(), bare.get_ylabel()) == ("i  (mm)", "j  (mm)")
