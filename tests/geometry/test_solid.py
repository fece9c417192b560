"""Solids are distances with unit slope, and combine and move as sets do."""

import math
from dataclasses import dataclass

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.geometry import Ball, Blend, Empty, Solid, Tube, sample_distance
from lumenfield.tensors import Distances, Points


def cloud(ndim=3, n=400, reach=8.0):
    generator = torch.Generator().manual_seed(ndim)
    return (torch.rand(n, ndim, generator=generator) * 2 - 1) * reach


def slope(solid, points):
    points = points.clone().double().requires_grad_()
    (gradient,) = torch.autograd.grad(solid.distance(points).sum(), points)
    return gradient.norm(dim=-1)


@dataclass(frozen=True)
class Box(Solid):
    """A seed of one's own, as a user would write it."""

    half_mm: float

    def distance(self, points: Points) -> Distances:
        """Largest coordinate."""
        return points.abs().amax(-1) - self.half_mm


@pytest.mark.parametrize("ndim", [2, 3])
def test_ball_is_exact(ndim):
    points = cloud(ndim)
    expected = (points**2).sum(-1).sqrt() - 3.0
    torch.testing.assert_close(Ball(3.0).distance(points), expected)


def test_endless_tube_is_exact_and_a_strip_in_the_plane():
    points = cloud()
    expected = torch.hypot(points[:, 1], points[:, 2]) - 2.0
    torch.testing.assert_close(Tube(2.0).distance(points), expected)
    flat = cloud(2)
    torch.testing.assert_close(Tube(2.0).distance(flat), flat[:, 1].abs() - 2.0)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((0.0, 0.0, 0.0), -2.0),
        ((4.5, 0.0, 0.0), -0.5),
        ((6.0, 1.0, 0.0), 1.0),
        ((8.0, 6.0, 0.0), 5.0),
        ((0.0, 0.0, 5.0), 3.0),
    ],
)
def test_ends_and_edges_of_a_tube_are_exact(place, expected):
    found = Tube(2.0, length_mm=10.0).distance(torch.tensor([place]))
    assert found.item() == pytest.approx(expected)


@pytest.mark.parametrize(
    "solid",
    [
        Ball(3.0),
        Tube(2.0),
        Tube(2.0, length_mm=6.0),
        Tube(1.5).bent(0.2),
        Ball(2.0).moved(1.0, 2.0, -1.0).rotated(20.0).scaled(1.7),
        Ball(2.0) | Tube(1.0),
        Ball(3.0).moved(1.0, 0.0, 0.0).blended(Tube(1.5), 1.0),
    ],
)
def test_slope_is_one_or_less_and_one_for_what_is_a_distance(solid):
    found = slope(solid, cloud())
    assert found.max() <= 1 + 1e-6
    if not isinstance(solid, Blend):
        assert found.min() >= 1 - 1e-6


def test_union_intersection_and_difference_hold_what_sets_hold():
    one, two, points = Ball(3.0).moved(1.0, 0.0, 0.0), Tube(1.5), cloud()
    a, b = one.distance(points) < 0, two.distance(points) < 0
    assert torch.equal((one | two).distance(points) < 0, a | b)
    assert torch.equal((one & two).distance(points) < 0, a & b)
    assert torch.equal((one - two).distance(points) < 0, a & ~b)


def test_union_is_exact_outside():
    far = cloud() + torch.tensor([20.0, 0.0, 0.0])
    both = Ball(3.0) | Ball(2.0).moved(30.0, 0.0, 0.0)
    expected = torch.minimum(Ball(3.0).distance(far), Ball(2.0).moved(30.0, 0.0, 0.0).distance(far))
    torch.testing.assert_close(both.distance(far), expected)


def test_blend_adds_a_fillet_at_the_junction_alone():
    one, two, points = Tube(1.5), Tube(1.5).rotated(90.0), cloud(n=4000)
    sharp, smooth = (one | two).distance(points), one.blended(two, 2.0).distance(points)
    apart = (one.distance(points) - two.distance(points)).abs() >= 2.0
    assert torch.equal(smooth[apart], sharp[apart])
    assert (smooth <= sharp).all()
    assert (sharp - smooth).max() <= 2.0 / 4 + 1e-6
    assert (smooth < sharp - 0.1).any()


def test_blend_does_not_depend_on_the_order_of_its_parts():
    parts, points = (Ball(3.0), Tube(1.0), Ball(2.0).moved(3.0, 0.0, 0.0)), cloud()
    torch.testing.assert_close(
        Blend(parts, 1.0).distance(points), Blend(parts[::-1], 1.0).distance(points)
    )


def test_empty_is_far_from_everywhere():
    assert (Empty().distance(cloud()) > 1e5).all()
    torch.testing.assert_close((Empty() | Ball(2.0)).distance(cloud()), Ball(2.0).distance(cloud()))


def test_a_moved_solid_has_its_centre_where_it_was_put():
    centre = torch.tensor([[1.25, -0.4, 2.0]])
    assert Ball(3.0).moved(1.25, -0.4, 2.0).distance(centre).item() == pytest.approx(-3.0)


def test_rotation_goes_from_the_first_axis_towards_the_second():
    tip = Ball(1.0).moved(5.0, 0.0, 0.0).rotated(90.0)
    assert tip.distance(torch.tensor([[0.0, 5.0, 0.0]])).item() == pytest.approx(-1.0, abs=1e-6)
    other = Ball(1.0).moved(5.0, 0.0, 0.0).rotated(90.0, plane=(0, 2))
    assert other.distance(torch.tensor([[0.0, 0.0, 5.0]])).item() == pytest.approx(-1.0, abs=1e-6)


def test_scaling_a_ball_scales_its_radius():
    torch.testing.assert_close(
        Ball(2.0).scaled(1.5).distance(cloud()), Ball(3.0).distance(cloud()), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("curvature", [0.1, -0.1])
@pytest.mark.parametrize("ndim", [2, 3])
def test_a_bent_tube_is_a_torus(curvature, ndim):
    points, radius = cloud(ndim), 1 / curvature
    ring = torch.hypot(points[:, 0], points[:, 1] - radius) - abs(radius)
    beside = points[:, 2] if ndim == 3 else torch.zeros(())
    expected = torch.hypot(ring, beside) - 1.5
    torch.testing.assert_close(
        Tube(1.5).bent(curvature).distance(points), expected, atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_bending_keeps_lengths_along_the_axis(side):
    eighth = Tube(1.0, length_mm=math.pi * 5.0).bent(0.1 * side)
    rise = 10 * (1 - math.cos(math.pi / 4))
    end = torch.tensor([[10 * math.sin(math.pi / 4), side * rise, 0.0]])
    assert eighth.distance(end).item() == pytest.approx(0.0, abs=1e-5)


def test_bending_by_nothing_changes_nothing():
    assert torch.equal(Tube(1.0).bent(0.0).distance(cloud()), Tube(1.0).distance(cloud()))


def test_a_solid_of_ones_own_joins_in():
    seed = (Box(3.0) | Ball(2.0).moved(6.0, 0.0)).moved(0.53, 0.27)
    distance = sample_distance(seed, (120, 90), (0.2, 0.25))
    lumen = float((distance < 0).sum()) * 0.2 * 0.25
    assert lumen == pytest.approx(36 + math.pi * 4, rel=0.02)


def test_solids_are_told_by_their_text():
    seed = Tube(3.0).bent(0.02) | Ball(5.0).moved(4.0, 0.0, 0.0)
    assert "Tube(radius_mm=3.0" in repr(seed)
    assert "offset_mm=(4.0, 0.0, 0.0)" in repr(seed)


def test_an_offset_of_another_dimension_is_refused():
    with pytest.raises(InputError, match="moved by 2 numbers; the points are 3-D: give one offset"):
        Ball(2.0).moved(1.0, 2.0).distance(cloud())


def test_a_blend_without_width_is_refused():
    with pytest.raises(InputError, match=r"blend 0\.0 mm wide; .* positive width"):
        Ball(2.0).blended(Ball(1.0), 0.0)


def test_a_factor_that_is_not_positive_is_refused():
    with pytest.raises(InputError, match=r"scaled by -1\.0; a positive factor"):
        Ball(2.0).scaled(-1.0)
