import numpy as np
import pytest

from lumenfield.evaluation.level import Level, level_of
from lumenfield.evaluation.metrics import Pair
from lumenfield.evaluation.undefined import Undefined
from lumenfield.evaluation.wall import (
    bias_voxels,
    coverage95,
    diagonal_mm,
    p95_voxels,
    rms_voxels,
)
from lumenfield.spacing import voxel_mm

ONE = (1.0, 1.0, 1.0)


def wall(predicted, truth, spacing=ONE):
    return Pair(level_of(predicted), level_of(truth), spacing).errors


def test_voxel_is_the_geometric_mean_of_its_edges():
    assert voxel_mm((0.5, 1.0, 2.0)) == pytest.approx(1)
    assert voxel_mm((4.0, 1.0)) == pytest.approx(2)


@pytest.mark.parametrize(("predicted", "true"), [(9, 6), (6, 9), (7.3, 7.0)])
@pytest.mark.parametrize("ndim", [2, 3])
def test_concentric_balls_differ_by_their_radii(ball, ndim, predicted, true):
    spacing = (0.8,) * ndim
    e = wall(*(ball(r, (40,) * ndim, spacing) for r in (predicted, true)), spacing)
    expected = (predicted - true) / 0.8
    assert bias_voxels(e) == pytest.approx(expected, abs=0.02)
    assert rms_voxels(e) == pytest.approx(abs(expected), abs=0.02)
    assert p95_voxels(e) == pytest.approx(abs(expected), abs=0.05)


def test_tubes_on_an_anisotropic_grid_differ_by_their_radii(tube):
    grid = {"shape": (60, 25, 12), "spacing": (0.5, 1.2, 2.0)}
    e = wall(tube(8, **grid), tube(6, **grid), grid["spacing"])
    assert bias_voxels(e) == pytest.approx(2 / voxel_mm(grid["spacing"]), rel=0.02)


def test_a_shifted_ball_has_no_bias_and_the_rms_of_a_cosine(ball):
    e = wall(ball(10, at=(0.3, 0, 0)), ball(10))
    assert bias_voxels(e) == pytest.approx(0, abs=0.01)
    assert rms_voxels(e) == pytest.approx(0.3 / np.sqrt(3), rel=0.03)
    assert p95_voxels(e) == pytest.approx(0.3 * 0.95, rel=0.03)


def test_an_ellipsoid_against_its_ball_has_the_mean_of_their_difference(ball):
    # To first order the surfaces differ by d·cos²θ, whose mean over the ball is d/3.
    spacing = (1.0, 1.0, 0.5)
    scaled = ball(1, (40, 40, 80), (1 / 12, 1 / 12, 0.5 / 12.6))
    e = wall(12 * scaled, ball(12, (40, 40, 80), spacing), spacing)
    assert bias_voxels(e) * voxel_mm(spacing) == pytest.approx(0.6 / 3, rel=0.05)


def test_truth_as_a_mask_is_right_to_a_fraction_of_a_voxel(ball):
    e = wall(ball(9.0), (ball(9.0) < 0).astype(np.uint8))
    assert abs(bias_voxels(e)) < 0.1
    assert 0.05 < rms_voxels(e) < 0.35


def test_truth_as_a_mask_signs_the_error(ball):
    mask = ball(8.0) < 0
    # The stairs' nearest edges take off up to a quarter of a voxel.
    assert bias_voxels(wall(ball(10.0), mask)) == pytest.approx(2, abs=0.25)
    assert bias_voxels(wall(ball(6.0), mask)) == pytest.approx(-2, abs=0.25)


@pytest.mark.parametrize("as_truth", [lambda phi: phi, lambda phi: phi < 0])
def test_a_missed_ball_counts_its_radius_over_its_area(ball, as_truth):
    found, lost = ball(6, at=(-10, 0, 0)), ball(4, at=(10, 0, 0))
    e = wall(found, as_truth(np.minimum(found, lost)))
    share = 4**2 / (4**2 + 6**2)
    assert bias_voxels(e) == pytest.approx(-4 * share, rel=0.1)
    assert p95_voxels(e) == pytest.approx(4, rel=0.15)


def test_a_missed_branch_of_a_found_vessel_counts_its_radius(tube):
    trunk = tube(6, (48, 30, 40), at=(-12, 0))
    branch = np.moveaxis(tube(2.5, (30, 40, 48)), 2, 0)
    branch[:12] = 9
    e = wall(trunk, np.minimum(trunk, branch) < 0)
    areas = 2 * np.pi * 6 * 39, 2 * np.pi * 2.5 * 28.5
    assert bias_voxels(e) == pytest.approx(-2.5 * areas[1] / sum(areas), rel=0.25)
    assert p95_voxels(e) > 2


@pytest.mark.parametrize("found", ["thick", "thin"])
def test_a_wall_is_missed_by_its_own_vessel_and_not_by_a_close_neighbour(tube, found):
    vessels = {"thick": tube(9, (40, 30, 20), at=(-6, 0)), "thin": tube(2, (40, 30, 20), at=(7, 0))}
    e = wall(vessels[found], np.minimum(*vessels.values()))
    lost = 2 * np.pi * (2 if found == "thick" else 9) * 19
    assert e.weights[e.missed].sum() == pytest.approx(lost, rel=0.02)


def test_a_thin_prediction_misses_nothing(tube):
    e = wall(tube(2.5), tube(8))
    assert not e.missed.any()
    assert bias_voxels(e) == pytest.approx(-5.5, abs=0.05)


def test_predicting_nothing_counts_the_radius_everywhere(ball, tube):
    for truth, radius in ((ball(7), 7), (tube(5), 5)):
        e = wall(np.zeros_like(truth), truth)
        assert bias_voxels(e) == pytest.approx(-radius, rel=0.05)
        assert rms_voxels(e) == pytest.approx(radius, rel=0.05)


def test_a_vessel_out_of_nothing_is_a_diagonal_away(ball):
    e = wall(ball(5), np.zeros((40, 40, 40)))
    assert bias_voxels(e) == pytest.approx(40 * np.sqrt(3))


def test_full_against_empty_is_a_diagonal_away():
    full, empty = np.ones((3, 4)), np.zeros((3, 4))
    assert bias_voxels(wall(full, empty, ONE[:2])) == pytest.approx(5)
    assert bias_voxels(wall(empty, full, ONE[:2])) == pytest.approx(-5)


def test_no_wall_at_all_is_undefined():
    for value in (0.0, 1.0):
        with pytest.raises(Undefined, match="neither the prediction nor the truth has a wall"):
            wall(np.full((3, 4, 5), value), np.full((3, 4, 5), value))


@pytest.mark.parametrize(("sigma", "covered"), [(0.6, 1), (0.4, 0)])
def test_an_interval_covers_what_lies_within_it(ball, sigma, covered):
    e = wall(ball(9), ball(8))
    assert coverage95(e, np.full((40,) * 3, sigma, dtype=np.float32), ONE) == covered


def test_gaussian_errors_are_covered_at_95_percent(ball):
    sigma = 0.3
    shifts = np.random.default_rng(1).normal(0, sigma, 60)
    spread = np.full((20, 20), sigma, dtype=np.float32)
    truth = ball(6, (20, 20), (1.0, 1.0))
    found = [
        coverage95(wall(truth - np.float32(s), truth, (1.0, 1.0)), spread, (1.0, 1.0))
        for s in shifts
    ]
    assert np.mean(found) == pytest.approx(np.mean(np.abs(shifts) < 1.96 * sigma), abs=0.05)


def test_a_missed_vessel_is_not_covered_whatever_the_spread(ball):
    found, lost = ball(6, at=(-10, 0, 0)), ball(6, at=(10, 0, 0))
    e = wall(found, np.minimum(found, lost))
    assert coverage95(e, np.full((40,) * 3, 50, dtype=np.float32), ONE) == pytest.approx(0.5, 0.02)


def test_coverage_without_a_spread_is_undefined(ball):
    with pytest.raises(Undefined, match="no spread was given"):
        coverage95(wall(ball(5), ball(5)), None, ONE)


def test_the_diagonal_runs_from_corner_to_corner():
    assert diagonal_mm((3, 4), (2.0, 2.0)) == pytest.approx(10)


def test_a_truth_that_is_a_distance_is_used_as_it_is(ball):
    phi = ball(8)
    as_level = Pair(level_of(ball(9)), Level(phi, is_distance=False), ONE).errors
    as_distance = Pair(level_of(ball(9)), Level(2 * phi, is_distance=True), ONE).errors
    assert bias_voxels(as_level) == pytest.approx(1, abs=0.03)
    assert bias_voxels(as_distance) == pytest.approx(2, abs=0.03)
