"""Vessels on formulas: lengths, volumes and bends are those of the formulas."""

import math

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.geometry import Bulge, Tube, curved_vessel, grid_points, helix, sample_bound


def volume(solid, shape, voxel):
    phi = sample_bound(solid, shape, (voxel,) * len(shape))
    return float((phi < 0).sum()) * voxel ** len(shape)


def test_a_helix_is_as_long_and_holds_as_much_as_its_formula():
    wound = helix(2.0, coil_mm=8.0, pitch_mm=9.0, turns=2.0)
    length = 2.0 * math.hypot(9.0, 2 * math.pi * 8.0)
    assert wound.length_mm == pytest.approx(length, rel=2e-3)
    ends = 4 / 3 * math.pi * 8
    expected = math.pi * 4 * length + ends
    assert volume(wound, (52, 48, 48), 0.5) == pytest.approx(expected, rel=0.01)


def test_a_helix_keeps_its_distance_from_the_axis():
    wound = helix(2.0, coil_mm=8.0, pitch_mm=9.0, turns=4.0)
    at = torch.linspace(-1, 1, 41)
    turn = 2 * math.pi * at
    line = torch.stack([9.0 * at, 8 * torch.cos(turn), 8 * torch.sin(turn)], -1)
    torch.testing.assert_close(wound.distance(line), torch.full_like(at, -2.0), atol=0.01, rtol=0)


def test_a_curved_vessel_is_a_bent_tube_away_from_its_ends():
    curved, bent = curved_vessel(2.0, 60.0, 0.05), Tube(2.0).bent(0.05)
    points = grid_points((21, 16, 12), (1.0, 1.0, 1.0))
    torch.testing.assert_close(curved.distance(points), bent.distance(points), atol=2e-3, rtol=0)


@pytest.mark.parametrize("depth", [0.3, 0.7])
def test_a_symmetric_stenosis_has_its_throat_in_the_middle(depth):
    tube = curved_vessel(4.0, 60.0, 0.0, (Bulge(0.5, depth, 4.0),))
    across = torch.linspace(0, 8, 1601)
    rays = torch.stack([0 * across, across, 0 * across], -1)
    throat = across[(tube.distance(rays) < 0).sum()]
    assert throat.item() == pytest.approx(4.0 * (1 - depth), abs=0.01)
    assert tube.thinnest_mm == pytest.approx(4.0 * (1 - depth))


@pytest.mark.parametrize("make", [curved_vessel, helix])
def test_in_the_plane_it_is_the_middle_slice_or_the_shadow(make):
    flat = make(1.5, 30.0, 0.04, ndim=2) if make is curved_vessel else helix(1.5, 6.0, 20.0, ndim=2)
    points = grid_points((20, 20), (1.0, 1.0))
    assert torch.isfinite(flat.distance(points)).all()
    if make is curved_vessel:
        whole = make(1.5, 30.0, 0.04)
        raised = torch.cat([points, torch.zeros(20, 20, 1)], -1)
        torch.testing.assert_close(flat.distance(points), whole.distance(raised), atol=1e-4, rtol=0)


def test_turns_that_touch_are_refused():
    with pytest.raises(InputError, match=r"helix of radius 3\.0 mm whose turns are .* apart"):
        helix(3.0, coil_mm=10.0, pitch_mm=5.0)


@pytest.mark.parametrize(("length", "curvature"), [(20.0, 0.4), (200.0, 0.05)])
def test_bends_that_cannot_be_are_refused(length, curvature):
    with pytest.raises(InputError, match=r"curvature .*; a vessel bends more gently"):
        curved_vessel(3.0, length, curvature)
