"""Planes that close the lumen where the user says."""

import dataclasses

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.prior import Plane, cut_at, cut_ends


def test_a_plane_becomes_a_cap_and_the_opening_beyond_it_goes(tube):
    cut = cut_at(tube(4.0), (Plane((24.0, 12.0, 9.0), (2.0, 0.0, 0.0)),))
    border, cap = cut.caps
    assert border.normal == (-1.0, 0.0, 0.0)
    assert cap.centre == pytest.approx((24.0, 11.2, 10.2), abs=0.05)
    assert cap.normal == (1.0, 0.0, 0.0)
    assert cap.radius_mm == pytest.approx(4.0, rel=0.01)
    assert cut.distance is tube(4.0).distance or np.array_equal(
        cut.distance.values, tube(4.0).distance.values
    )


def test_an_oblique_cut_is_larger(tube):
    cut = cut_at(tube(4.0), (Plane((16.0, 11.2, 10.2), (1.0, 1.0, 0.0)),))
    assert cut.caps[-1].radius_mm == pytest.approx(4.0 * 2**0.25, rel=0.02)


def test_a_plane_that_meets_the_lumen_twice_is_told(tube):
    one = tube(2.5, (32, 40, 22))
    both = np.minimum(one.distance.values, np.roll(one.distance.values, 12, axis=1))
    prior = dataclasses.replace(one, distance=one.distance.like(both))
    cut = cut_at(prior, (Plane((20.0, 19.2, 10.2), (1.0, 0.0, 0.0)),))
    assert "meets the lumen 2 times" in cut.meta.warnings[0]
    assert cut.caps[-1].centre == pytest.approx((20.0, 19.2, 10.2), abs=0.1)


def test_open_ends_are_cut_square_and_one_diameter_in(tube):
    cut = cut_ends(tube(4.0))
    places = sorted(cap.centre[0] for cap in cut.caps)
    assert places == pytest.approx([8.0, 23.0], abs=0.3)
    assert all(abs(cap.normal[0]) > 0.999 for cap in cut.caps)
    assert sorted(round(c.normal[0]) for c in cut.caps) == [-1, 1]
    assert cut_ends(tube(4.0), 3.0).caps[0].radius_mm == pytest.approx(4.0, rel=0.02)


def test_a_slice_is_cut_by_a_line(tube):
    cap = cut_at(tube(4.0, (32, 24)), (Plane((20.0, 11.0, 0.0), (1.0, 0.0, 0.0)),)).caps[-1]
    assert cap.radius_mm == pytest.approx(4.0, rel=0.02)
    assert cap.centre == pytest.approx((20.0, 11.2, 0.0), abs=0.05)


def test_cuts_that_cannot_be(tube):
    with pytest.raises(InputError, match="does not meet the lumen"):
        cut_at(tube(), (Plane((16.0, 0.0, 0.0), (0.0, 1.0, 0.0)),))
    with pytest.raises(InputError, match="a plane has a point and a direction"):
        Plane((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    with pytest.raises(InputError, match="something must be left"):
        cut_ends(tube(), 60.0)
    places = np.indices((20, 20, 20)) - 9.5
    ball = Volume((np.sqrt((places**2).sum(0)) - 5).astype(np.float32), np.eye(4))
    closed = dataclasses.replace(tube(), distance=ball, spread=ball.like(0 * ball.values), caps=())
    with pytest.raises(InputError, match="leaves the grid"):
        cut_ends(closed)
