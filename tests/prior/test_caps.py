"""Planes where vessels leave the grid."""

import numpy as np
import pytest

from lumenfield.datatypes import Volume, scaling
from lumenfield.prior.caps import caps_of


def tube(radius=4.0, shape=(24, 20, 22), affine=None):
    """A tube along the second axis through the middle of the grid, on unit voxels."""
    x, _, z = np.indices(shape, dtype=float)
    distance = np.hypot(x - 11.3, z - 10.6) - radius
    return Volume(distance.astype(np.float32), np.eye(4) if affine is None else affine)


def test_a_tube_has_two_ends_with_its_own_radius():
    first, last = caps_of(tube())
    assert first.normal == (0.0, -1.0, 0.0)
    assert last.normal == (0.0, 1.0, 0.0)
    assert first.centre == pytest.approx((11.3, 0.0, 10.6), abs=0.02)
    assert last.centre == pytest.approx((11.3, 19.0, 10.6), abs=0.02)
    assert (first.radius_mm, last.radius_mm) == pytest.approx((4.0, 4.0), rel=0.01)


def test_caps_live_in_the_world():
    turn = np.array([[0, -1, 0, 5], [1, 0, 0, -7], [0, 0, -1, 3], [0, 0, 0, 1]], dtype=float)
    affine = turn @ np.diag([1.5, 2.0, 1.5, 1.0])
    first, last = caps_of(tube(affine=affine))
    assert last.normal == pytest.approx((-1.0, 0.0, 0.0))
    assert last.centre == pytest.approx((affine @ (11.3, 19, 10.6, 1))[:3], abs=0.05)
    assert first.radius_mm == pytest.approx(6.0, rel=0.01)


def test_normal_of_a_sheared_grid_is_across_its_face():
    affine = np.eye(4)
    affine[0, 1] = 0.5
    _, last = caps_of(tube(affine=affine))
    assert np.dot(last.normal, affine[:3, 0]) == pytest.approx(0.0, abs=1e-9)
    assert np.dot(last.normal, affine[:3, 2]) == pytest.approx(0.0, abs=1e-9)
    assert np.dot(last.normal, affine[:3, 1]) > 0


def test_each_opening_of_a_face_has_a_cap():
    both = np.minimum(tube(3.0).values, np.roll(tube(2.0).values, 8, axis=0))
    caps = caps_of(Volume(both, np.eye(4)))
    assert sorted(round(c.radius_mm, 1) for c in caps) == [2.0, 2.0, 3.0, 3.0]


def test_an_inner_ball_has_none():
    places = np.indices((20, 20, 20)) - 9.5
    assert caps_of(Volume(np.sqrt((places**2).sum(0)) - 5, np.eye(4))) == ()


def test_half_the_opening_is_the_radius_in_a_slice():
    x, _ = np.indices((20, 16), dtype=float)
    first, last = caps_of(Volume(0.5 * (np.abs(x - 9.3) - 3.0), scaling((0.5, 2.0))))
    assert first.radius_mm == pytest.approx(1.5, rel=0.02)
    assert last.centre == pytest.approx((4.65, 30.0, 0.0), abs=0.02)
