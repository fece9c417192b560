"""Closest points of spheres, cylinders and planes, which are known."""

import math

import pytest
import torch

from lumenfield.levelset.paraboloid import closest, shape_operator, times


def places(*rows):
    return torch.tensor(rows, dtype=torch.float64).T.contiguous()


def test_shape_operator_of_a_ball_is_minus_one_over_r_in_its_tangent_plane():
    x = places([3.0, 4.0, 12.0])
    radius = 13.0
    full = (torch.eye(3, dtype=torch.float64) - x @ x.T / radius**2) / radius
    bend = full[[0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]][:, None]
    norm, normal, shape = shape_operator(2 * x / radius, 2 * bend)
    assert norm.item() == pytest.approx(2.0)
    torch.testing.assert_close(normal, x / radius)
    torch.testing.assert_close(shape, -bend)


@pytest.mark.parametrize("height", [3.0, -3.0])
@pytest.mark.parametrize("across", [0.0, 0.5, 1.0])
def test_distance_to_a_ball_is_known_near_its_apex(height, across):
    radius = 10.0
    normal, shape = places([0.0, 0.0, 1.0]), places([-1 / radius, 0, 0, -1 / radius, 0, 0])
    foot = closest(places([across, 0.0, height]), normal, shape)
    expected = abs(math.hypot(across, height + radius) - radius)
    assert foot.distance.item() == pytest.approx(expected, abs=1e-3)
    assert foot.unique.item()


def test_closest_point_of_a_paraboloid_leaves_it_at_a_right_angle():
    generator = torch.Generator().manual_seed(0)
    shape = torch.zeros(6, 50, dtype=torch.float64)
    shape[[0, 1, 3]] = 0.1 * torch.randn(3, 50, generator=generator, dtype=torch.float64)
    normal = places([0.0, 0.0, 1.0]).expand(3, 50)
    x = 0.7 * torch.randn(3, 50, generator=generator, dtype=torch.float64)
    foot = closest(x, normal, shape)
    flat = foot.offset * torch.tensor([[1.0], [1.0], [0.0]], dtype=torch.float64)
    slope = times(shape, flat)
    gap = x - foot.offset
    askew = gap[:2] + slope[:2] * gap[2]
    assert foot.unique.sum() > 40
    assert askew[:, foot.unique].abs().max() < 0.01
    rise = 0.5 * (flat * slope).sum(0)
    torch.testing.assert_close(foot.offset[2], rise, atol=0.02, rtol=0)


def test_beyond_the_focal_point_and_out_of_reach_it_is_the_apex():
    normal, shape = places([0.0, 1.0]), places([-0.5, 0.0, 0.0])
    beyond = closest(places([0.3, -2.5]), normal, shape)
    assert not beyond.unique.item()
    assert beyond.distance.item() == pytest.approx(math.hypot(0.3, 2.5))
    far = closest(places([2.0, 0.5]), normal, 0 * shape, reach=1.0)
    assert not far.unique.item()
    assert far.distance.item() == pytest.approx(math.hypot(2.0, 0.5))
