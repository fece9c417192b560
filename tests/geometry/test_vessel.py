"""Curved vessels whose radius follows its law."""

import math

import pytest
import torch
from scipy.ndimage import label

from lumenfield.errors import InputError
from lumenfield.geometry import (
    Bulge,
    Tube,
    Vessel,
    bifurcation,
    grid_points,
    murray_radius,
    sample_distance,
)


def straight(*bulges, ndim=3, radius=4.0):
    rest = (0.0,) * (ndim - 1)
    return Vessel(((-30.0, *rest), (0.0, *rest), (30.0, *rest)), (radius,) * 3, tuple(bulges))


def wall_radii(vessel, along, directions):
    """Where rays from the axis meet the wall, by bisection."""
    low, high = torch.zeros(len(directions)), torch.full((len(directions),), 30.0)
    for _ in range(24):
        middle = (low + high) / 2
        places = torch.cat(
            [torch.full((len(directions), 1), along), middle[:, None] * directions], -1
        )
        inside = vessel.distance(places) < 0
        low, high = torch.where(inside, middle, low), torch.where(inside, high, middle)
    return low


def wall_radius(vessel, along, direction):
    return wall_radii(vessel, along, torch.tensor([direction])).item()


def turns(n=64):
    angles = torch.linspace(0, 2 * math.pi, n + 1)
    return angles, torch.stack([torch.cos(angles), torch.sin(angles)], -1)


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_straight_vessel_is_a_tube(ndim):
    points = grid_points((16, 12, 10)[:ndim], (2.0, 1.5, 1.5)[:ndim])
    torch.testing.assert_close(
        straight(ndim=ndim).distance(points), Tube(4.0).distance(points), atol=1e-4, rtol=0
    )


def test_a_vessel_on_a_circle_is_a_torus_arc():
    angles = torch.linspace(0, math.pi / 2, 12).tolist()
    arc = Vessel(tuple((20 * math.cos(a), 20 * math.sin(a), 0.0) for a in angles), (4.0,) * 12)
    at = torch.linspace(0.3, 1.2, 30)
    ring = torch.stack([20 * torch.cos(at), 20 * torch.sin(at), 0 * at], -1)
    for aside in ((0.0, 0.0, 5.0), (0.0, 0.0, -2.0)):
        found = arc.distance(ring + torch.tensor(aside))
        torch.testing.assert_close(found, torch.full_like(at, abs(aside[2]) - 4), atol=0.05, rtol=0)
    outer = ring * (26 / 20)
    torch.testing.assert_close(arc.distance(outer), torch.full_like(at, 2.0), atol=0.05, rtol=0)
    assert arc.length_mm == pytest.approx(20 * math.pi / 2, rel=0.01)


def test_ends_are_round():
    beyond = torch.tensor([[33.0, 4.0, 0.0]])
    assert straight().distance(beyond).item() == pytest.approx(1.0, abs=1e-4)


def test_slope_is_one_away_from_the_centreline():
    points = (torch.rand(300, 3, generator=torch.Generator().manual_seed(0)) * 2 - 1) * 12
    bent = Vessel(((-20.0, 0.0, 0.0), (0.0, 3.0, 0.0), (20.0, 0.0, 2.0)), (3.0, 3.0, 3.0))
    step = 1e-2
    slopes = [
        (bent.distance(points + step * e) - bent.distance(points - step * e)) / (2 * step)
        for e in torch.eye(3)
    ]
    off_axis = bent.distance(points) > -2.0
    norm = torch.stack(slopes).norm(dim=0)[off_axis]
    assert norm.median().item() == pytest.approx(1.0, abs=0.01)
    assert torch.quantile(norm, 0.99) < 1.02


@pytest.mark.parametrize(("depth", "ratio"), [(0.5, 0.5), (0.8, 0.2), (-0.6, 1.6)])
def test_throat_radius_is_r_times_one_minus_c(depth, ratio):
    vessel = straight(Bulge(at=0.5, depth=depth, width_mm=5.0))
    assert wall_radius(vessel, 0.0, (1.0, 0.0)) == pytest.approx(4.0 * ratio, abs=1e-3)
    assert wall_radius(vessel, 25.0, (0.0, 1.0)) == pytest.approx(4.0, abs=1e-3)


def test_radius_follows_the_gaussian_along_the_vessel():
    vessel = straight(Bulge(at=0.5, depth=0.5, width_mm=5.0))
    expected = 4.0 * (1 - 0.5 * math.exp(-0.5))
    assert wall_radius(vessel, 5.0, (1.0, 0.0)) == pytest.approx(expected, abs=1e-3)


def test_a_one_sided_bulge_spares_the_other_side():
    vessel = straight(Bulge(at=0.5, depth=-0.5, width_mm=4.0, side=1.0, angle=0.0))
    radii = wall_radii(vessel, 0.0, turns()[1])
    assert radii.max().item() == pytest.approx(6.0, abs=0.02)
    assert radii.min().item() == pytest.approx(4.0, abs=0.02)


def test_a_one_sided_bulge_turns_with_its_angle():
    def widest(angle):
        vessel = straight(Bulge(at=0.5, depth=-0.5, width_mm=4.0, side=1.0, angle=angle))
        angles, directions = turns()
        return angles[wall_radii(vessel, 0.0, directions).argmax()].item()

    turned = abs(widest(math.pi / 2) - widest(0.0)) % math.pi
    assert turned == pytest.approx(math.pi / 2, abs=0.11)


@pytest.mark.parametrize(("angle", "wide"), [(0.0, 1), (math.pi, -1)])
def test_a_one_sided_bulge_in_the_plane_takes_one_of_two_sides(angle, wide):
    vessel = straight(Bulge(at=0.5, depth=-0.5, width_mm=4.0, side=1.0, angle=angle), ndim=2)
    assert wall_radius(vessel, 0.0, (float(wide),)) == pytest.approx(6.0, abs=1e-3)
    assert wall_radius(vessel, 0.0, (float(-wide),)) == pytest.approx(4.0, abs=1e-3)


def test_radius_tapers_linearly_between_the_points():
    cone = Vessel(((-20.0, 0.0), (20.0, 0.0)), (6.0, 2.0))
    assert wall_radius(cone, 0.0, (1.0,)) == pytest.approx(4.0, abs=1e-3)
    assert wall_radius(cone, 10.0, (1.0,)) == pytest.approx(3.0, abs=1e-3)


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_bifurcation_obeys_murray_and_is_one_piece(ndim):
    split = bifurcation(5.0, share=0.7, length_mm=40.0, ndim=ndim)
    first, second = (part.radii_mm for part in split.parts)
    assert first[0] == second[0] == 5.0
    assert first[-1] ** 3 + second[-1] ** 3 == pytest.approx(5.0**3)
    distance = sample_distance(split, (48, 40, 16)[:ndim], (1.5,) * ndim)
    assert label((distance[0, 0] < 0).numpy())[1] == 1
    downstream = (distance[0, 0] < 0)[44].numpy()
    assert label(downstream)[1] == 2


@pytest.mark.parametrize("first", [0.0, -1.0, 5.0, 6.0])
def test_a_daughter_as_thick_as_its_parent_is_refused(first):
    with pytest.raises(InputError, match=r"daughter of .* mm on a parent of 5\.0 mm; .* thinner"):
        murray_radius(5.0, first)


@pytest.mark.parametrize(
    ("points", "radii", "message"),
    [
        (((0.0, 0.0),), (1.0,), "vessel with 1 points and 1 radii; .* two points or more"),
        (((0.0, 0.0), (9.0, 0.0)), (1.0,), "vessel with 2 points and 1 radii"),
        (((0.0, 0.0), (9.0, 0.0)), (1.0, 0.0), r"vessel radii \(1\.0, 0\.0\) .* stay positive"),
    ],
)
def test_a_vessel_that_cannot_be_is_refused(points, radii, message):
    with pytest.raises(InputError, match=message):
        Vessel(points, radii)


def test_a_bulge_that_closes_the_vessel_is_refused():
    with pytest.raises(InputError, match=r"depths \[1\.0\]; a radius must stay positive"):
        straight(Bulge(at=0.5, depth=1.0, width_mm=3.0))


def test_points_of_another_dimension_are_refused():
    with pytest.raises(InputError, match="vessel with a 3-D centreline; the points are 2-D"):
        straight().distance(torch.zeros(4, 2))


def test_a_one_sided_bulge_does_not_tear_where_the_centreline_turns():
    turns = torch.linspace(0, math.pi / 2, 9).tolist()
    points = tuple((12.0 * t, 20 * math.sin(t), 20 * (1 - math.cos(t))) for t in turns)
    bulge = Bulge(at=0.5, depth=0.8, width_mm=12.0, side=1.0)
    vessel = Vessel(points, (3.0,) * 9, (bulge,))
    middle = torch.tensor([9.0, 13.0, 8.0])
    phi = vessel.distance(grid_points((60, 60, 60), (0.5, 0.5, 0.5)) + middle)
    for axis in range(3):
        low, high = phi.narrow(axis, 0, 59), phi.narrow(axis, 1, 59)
        beside_wall = (low > 0) & (high > 0) & (low < 2) & (high < 2)
        assert (high - low)[beside_wall].abs().max() < 0.5 * 1.6
