import numpy as np
import pytest

from lumenfield.evaluation.surface import (
    assd_mm,
    distances_to,
    hd95_mm,
    surface_gaps,
    wall_surface,
    weighted_percentile,
)

ONE = (1.0, 1.0, 1.0)


def gaps(predicted, truth, spacing=ONE):
    walls = wall_surface(predicted, spacing), wall_surface(truth, spacing)
    return surface_gaps(*walls, worst_mm=99.0)


@pytest.mark.parametrize(("inner", "outer"), [(6, 9), (9, 6), (8, 8.4)])
def test_concentric_balls_are_as_far_apart_as_their_radii_differ(ball, inner, outer):
    between = gaps(ball(inner), ball(outer))
    assert assd_mm(between) == pytest.approx(abs(outer - inner), rel=0.01)
    assert hd95_mm(between) == pytest.approx(abs(outer - inner), abs=0.05)


def test_concentric_discs_are_as_far_apart_as_their_radii_differ(ball):
    discs = [ball(r, (50, 50), (0.5, 0.5)) for r in (5, 7)]
    assert assd_mm(gaps(*discs, (0.5, 0.5))) == pytest.approx(2, rel=0.01)


def test_distances_between_tubes_are_in_mm_on_an_anisotropic_grid(tube):
    grid = {"shape": (60, 25, 12), "spacing": (0.5, 1.2, 2.0)}
    between = gaps(tube(7, **grid), tube(10, **grid), grid["spacing"])
    assert assd_mm(between) == pytest.approx(3, rel=0.01)


def test_area_of_a_ball_and_length_of_a_disc_are_known(ball):
    spacing = (0.5, 0.8, 1.0)
    sphere = wall_surface(ball(9, (48, 32, 26), spacing), spacing)
    circle = wall_surface(ball(9, (48, 32), spacing[:2]), spacing[:2])
    assert sphere.weights.sum() == pytest.approx(4 * np.pi * 81, rel=0.01)
    assert circle.weights.sum() == pytest.approx(2 * np.pi * 9, rel=0.01)


@pytest.mark.parametrize("ndim", [2, 3])
def test_distance_to_a_surface_is_that_to_the_ball(ball, ndim):
    surface = wall_surface(ball(8, (40,) * ndim, ONE[:ndim]), ONE[:ndim])
    points = np.random.default_rng(0).uniform(0, 39, (2000, ndim))
    exact = np.abs(np.linalg.norm(points - 19.5, axis=1) - 8)
    assert np.abs(distances_to(points, surface, otherwise=0.0) - exact).max() < 0.05


def test_the_half_level_of_a_mask_is_within_half_a_voxel(ball):
    phi = ball(9)
    between = gaps(np.where(phi < 0, -0.5, 0.5).astype(np.float32), phi)
    assert assd_mm(between) < 0.3
    assert hd95_mm(between) < 0.6


def test_a_wall_ends_where_the_vessel_leaves_the_grid(tube):
    surface = wall_surface(tube(5), ONE)
    assert surface.weights.sum() == pytest.approx(2 * np.pi * 5 * 29, rel=0.01)


def test_a_missed_ball_is_in_both_figures(ball):
    near, far = ball(6, at=(-10, 0, 0)), ball(6, at=(10, 0, 0))
    missed = gaps(near, np.minimum(near, far))
    assert assd_mm(missed) > 3
    assert hd95_mm(missed) > 18


@pytest.mark.parametrize("ndim", [2, 3])
def test_nothing_against_something_is_the_worst_case(ball, ndim):
    phi = ball(5, (20,) * ndim, ONE[:ndim])
    nothing = np.ones_like(phi)
    for between in (gaps(nothing, phi, ONE[:ndim]), gaps(phi, nothing, ONE[:ndim])):
        assert (assd_mm(between), hd95_mm(between)) == (pytest.approx(99), 99)


def test_nothing_against_a_full_grid_is_the_worst_case(ball):
    nothing = np.ones((4, 4, 4), dtype=np.float32)
    between = gaps(nothing, -nothing)
    assert (assd_mm(between), hd95_mm(between)) == (99, 99)


def test_a_single_slice_in_three_dimensions_has_a_wall(ball):
    flat = ball(5, (24, 24), ONE[:2])[:, :, None]
    assert wall_surface(flat, ONE).weights.sum() == pytest.approx(2 * np.pi * 5, rel=0.01)


def test_a_wall_through_voxel_centres_is_found():
    step = np.broadcast_to(np.arange(-3.0, 4.0), (5, 6, 7)).astype(np.float32)
    surface = wall_surface(step, ONE)
    assert surface.points[:, 2] == pytest.approx(3, abs=1e-5)
    assert surface.weights.sum() == pytest.approx(4 * 5)


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_level_that_rises_to_zero_and_no_further_has_a_wall(ndim):
    level = np.full((5,) * ndim, -1, dtype=np.float32)
    level[(2,) * ndim] = 0
    surface = wall_surface(level, ONE[:ndim])
    assert surface.points == pytest.approx(2, abs=1e-5)


def test_a_percentile_counts_weight_and_not_points():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 98.0, 1.0])
    assert weighted_percentile(values, weights, 95.0) == 1
    assert weighted_percentile(values, weights, 99.0) == 2
    assert weighted_percentile(values, weights, 100.0) == 3
