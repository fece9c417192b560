"""Radius, direction and jets are read off the lumen's own depth."""

import math

import pytest
import torch

from lumenfield.geometry import Bulge, Tube, Vessel, grid_points
from lumenfield.synthesis.appearance import _near
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.flow import Flow, _Coarse, draw_flow, flow_signal

SHAPE, SPACING = (64, 32, 32), (1.0, 1.0, 1.0)


def lumen_of(solid, shape=SHAPE):
    spacing = (1.0,) * len(shape)
    near = _near(solid.distance(grid_points(shape, spacing)), spacing, 4.0)
    return near.where(near.depth > -1.5)


def generator():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("radius", [3.0, 5.0, 8.0])
def test_radius_of_a_tube_is_found(radius):
    coarse = _Coarse(lumen_of(Tube(radius)))
    found = coarse.at_places(coarse.radius)[0][coarse.lumen.depth > 0]
    assert found.median().item() == pytest.approx(radius, rel=0.25)


def test_direction_of_an_oblique_tube_is_found():
    tube = Tube(4.0).rotated(30.0, (0, 1))
    tangent = _Coarse(lumen_of(tube)).direction(0)
    middle = torch.nn.functional.normalize(tangent[:, 8, 4, 4], dim=0)
    expected = torch.tensor([math.cos(math.radians(30)), math.sin(math.radians(30)), 0.0])
    assert (middle @ expected).item() > 0.97


def test_the_profile_is_parabolic_and_still_at_the_wall():
    lumen = lumen_of(Tube(6.0))
    phase = flow_signal(Flow(turn=1.0), lumen, generator()).phase
    inner = (lumen.places[:, 0] > 12) & (lumen.places[:, 0] < 52)
    axis, wall = inner & (lumen.depth > 5), inner & (lumen.depth.abs() < 0.5)
    assert phase[axis].mean().item() == pytest.approx(2.0, rel=0.25)
    assert phase[wall].abs().mean().item() < 0.5


def test_flow_across_the_encoded_axis_turns_no_phase():
    lumen = lumen_of(Tube(6.0))
    inner = (lumen.places[:, 0] > 12) & (lumen.places[:, 0] < 52)
    phase = flow_signal(Flow(axis=1, turn=1.0), lumen, generator()).phase
    assert phase[inner].abs().mean() < 0.3


@pytest.mark.parametrize("sense", [1, -1])
def test_signal_is_lost_behind_a_throat(sense):
    throat = Bulge(at=0.5, depth=0.6, width_mm=4.0)
    vessel = Vessel(((-40.0, 0.0, 0.0), (0.0, 0.0, 0.0), (40.0, 0.0, 0.0)), (7.0,) * 3, (throat,))
    lumen = lumen_of(vessel)
    share = flow_signal(Flow(sense=sense, turbulence=1.0), lumen, generator()).share
    place = (lumen.places[:, 0] - 31.5) * sense
    behind, before = (place > 6) & (place < 14), (place < -10) & (place > -22)
    assert share[behind].mean() < share[before].mean() - 0.1


@pytest.mark.parametrize("shape", [SHAPE, (64, 48)])
def test_no_blood_is_no_fault(shape):
    flow = Flow(turn=1.0, turbulence=1.0)
    found = flow_signal(flow, lumen_of(Tube(3.0).moved(*[500.0] * len(shape)), shape), generator())
    assert found.phase.numel() == found.share.numel() == 0


def test_drawn_flows_lie_in_their_ranges():
    for index in range(20):
        ranges = {"turn": (0.5, 1.0), "disturbed": 0.5, "turbulence": (0.2, 0.3)}
        drawn = draw_flow(Draw(0, index), 2, **ranges)
        assert drawn.axis in (0, 1)
        assert drawn.sense in (-1, 1)
        assert 0.5 <= drawn.turn <= 1.0
        assert drawn.turbulence == 0 or 0.2 <= drawn.turbulence <= 0.3
