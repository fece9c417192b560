"""What the flow solver gets."""

import numpy as np
import pytest

from lumenfield.datatypes import MaternField, Prediction, Volume, scaling
from lumenfield.errors import InputError
from lumenfield.prior import boundary_prior

SHAPE = (24, 22, 28)


def predicted(distance, spacing=(1.0, 1.0, 1.0), spread=None):
    grid = Volume(distance.astype(np.float32), scaling(spacing))
    spread = np.full(distance.shape, 0.2) if spread is None else spread
    inside = grid.like((distance < 0).astype(np.float32))
    field = MaternField(0.5, 4.0)
    return Prediction(inside, grid, grid.like(spread.astype(np.float32)), field, ("a warning",))


def ball(centre, radius):
    places = np.indices(SHAPE) - np.reshape(centre, (3, 1, 1, 1))
    return np.sqrt((places**2).sum(0)) - radius


def tube(radius=4.0):
    x, y, _ = np.indices(SHAPE, dtype=float)
    return np.hypot(x - 11.4, y - 10.7) - radius


def test_small_parts_are_left_out_and_listed():
    both = np.minimum(ball((8, 10, 9), 5.0), ball((17, 11, 22), 2.0))
    prior = boundary_prior(predicted(both), model="net", version="1")
    assert prior.meta.discarded_voxels == (int((ball((17, 11, 22), 2.0) < 0).sum()),)
    assert prior.meta.warnings == ("a warning",)
    assert (prior.distance.values < 0).sum() == (ball((8, 10, 9), 5.0) < 0).sum()
    left = np.abs(prior.distance.values - ball((8, 10, 9), 5.0))
    assert left[ball((17, 11, 22), 2.0) < 0].max() < 0.5


@pytest.mark.parametrize(("keep", "parts"), [(1, 1), (2, 2), ("all", 3)])
def test_as_many_parts_are_kept_as_asked(keep, parts):
    from scipy.ndimage import label

    centres = [((7, 7, 7), 4.5), ((16, 14, 14), 3.0), ((8, 14, 22), 2.0)]
    union = np.min([ball(c, r) for c, r in centres], axis=0)
    prior = boundary_prior(predicted(union), keep=keep)
    assert label(prior.distance.values < 0)[1] == parts
    assert len(prior.meta.discarded_voxels) == 3 - parts


def test_a_vessel_goes_on_through_its_ends():
    prior = boundary_prior(predicted(tube()))
    near = np.abs(tube()) < 3
    np.testing.assert_allclose(prior.distance.values[near], tube()[near], atol=0.05)
    assert len(prior.caps) == 2
    assert prior.caps[0].radius_mm == pytest.approx(4.0, rel=0.02)


def test_distance_has_unit_slope_whatever_came_in():
    prior = boundary_prior(predicted(1.8 * tube() + 0.1 * tube() ** 2))
    slopes = np.sqrt(sum(g**2 for g in np.gradient(prior.distance.values)))
    assert np.abs(slopes[np.abs(tube()) < 2.5] - 1).max() < 0.08


def test_spread_on_the_wall_is_carried_along_normals():
    x, y, _ = np.indices(SHAPE, dtype=float)
    angle = np.arctan2(y - 10.7, x - 11.4)
    wrong_off_the_wall = 0.2 + 0.1 * np.sin(angle) + 0.05 * tube()
    prior = boundary_prior(predicted(tube(), spread=wrong_off_the_wall))
    near = np.abs(tube()) < 2
    carried = (0.2 + 0.1 * np.sin(angle))[near]
    np.testing.assert_allclose(prior.spread.values[near], carried, atol=0.02)


def test_nothing_found_is_no_prior():
    with pytest.raises(InputError, match="no lumen"):
        boundary_prior(predicted(np.abs(tube()) + 1))
    with pytest.raises(InputError, match="at least one part"):
        boundary_prior(predicted(tube()), keep=0)


def test_a_distance_alone_in_its_grid_is_handed_on_as_it_is():
    prior = boundary_prior(predicted(tube()))
    np.testing.assert_array_equal(prior.distance.values, tube().astype(np.float32))


def test_posterior_samples_follow_the_wall():
    samples = (tube() + np.array([-0.2, 0.3]).reshape(2, 1, 1, 1)).astype(np.float32)
    prior = boundary_prior(predicted(tube()), samples=samples)
    assert prior.meta.samples_from == "posterior"
    np.testing.assert_allclose(prior.samples[1] - prior.distance.values, 0.3, atol=1e-5)
