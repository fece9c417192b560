"""Fronts that go where their speed says, at the order of their scheme."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.geometry import grid_points
from lumenfield.levelset import Motion, advect, evolve, gradient_norm, stable_step
from lumenfield.levelset.carry import carry_from_wall
from lumenfield.levelset.rates import along_normal, whole, within
from lumenfield.levelset.spectral import draw_matern


def ball(radius, shape, spacing):
    return (grid_points(shape, spacing).norm(dim=-1) - radius)[None, None]


def moved(phi, speed, spacing, duration, motion):
    field = speed if isinstance(speed, torch.Tensor) else torch.full_like(phi, speed)
    *_, last = evolve(phi, field, spacing, duration, motion)
    return last.distance


def wall_error(phi, truth, within=1.0):
    return (phi - truth)[truth.abs() < within].square().mean().sqrt().item()


@pytest.mark.parametrize("speed", [1.5, -1.5])
@pytest.mark.parametrize(("order", "most"), [("first", 0.16), ("weno5", 0.005)])
@pytest.mark.parametrize(
    ("shape", "spacing"), [((44, 38), (1.0, 1.2)), ((30, 34, 28), (1.0, 1.0, 1.2))]
)
def test_constant_speed_moves_a_ball_by_speed_times_time(order, most, speed, shape, spacing):
    phi = ball(10.0, shape, spacing)
    found = moved(phi, speed, spacing, 2.0, Motion(order=order))
    assert wall_error(found, phi - 2.0 * speed) < most


@pytest.mark.parametrize("order", ["first", "weno5"])
@pytest.mark.parametrize("speed", [1.0, -0.7])
def test_a_plane_moves_exactly(order, speed):
    points = grid_points((20, 26), (1.0, 0.7))
    phi = (points @ torch.tensor([0.6, 0.8]))[None, None]
    found = moved(phi, speed, (1.0, 0.7), 2.0, Motion(order=order, redistance_every=0))
    torch.testing.assert_close(found, phi - 2.0 * speed, atol=1e-4, rtol=0)


def test_a_speed_of_zero_ends_at_once():
    phi = ball(5.0, (16, 16), (1.0, 1.0))
    frames = list(evolve(phi, torch.zeros_like(phi), (1.0, 1.0), 3.0, Motion()))
    assert len(frames) == 1
    assert torch.equal(frames[0].distance, phi)


def test_no_time_moves_nothing():
    phi = ball(5.0, (16, 16), (1.0, 1.0))
    assert len(list(evolve(phi, torch.ones_like(phi), (1.0, 1.0), 0.0, Motion()))) == 1


def test_steps_are_positive_when_every_speed_is_negative():
    speed = -torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0)) - 0.5
    spacing, motion = (1.0, 2.0), Motion()
    fastest = speed.abs().max().item()
    longest = stable_step(speed, spacing, motion)
    assert longest == pytest.approx(0.5 / (fastest * math.hypot(1.0, 0.5)))
    times = [f.time for f in evolve(ball(6.0, (16, 16), spacing), speed, spacing, 2.0, motion)]
    assert all(b > a for a, b in pairwise(times))
    assert times[-1] == pytest.approx(2.0)


def test_stable_step_counts_curvature_and_is_infinite_without_motion():
    still = torch.zeros(1, 1, 4, 4)
    assert stable_step(still, (1.0, 1.0), Motion()) == math.inf
    assert stable_step(still, (1.0, 1.0), Motion(curvature=0.5)) == pytest.approx(0.5 / 2.0)
    assert stable_step(still + 1, (1.0, 1.0), Motion(courant=0.3)) == pytest.approx(
        0.3 / math.sqrt(2)
    )


@pytest.mark.parametrize("speed", [1.0, -1.0])
@pytest.mark.parametrize(("order", "least"), [("first", 0.9), ("weno5", 4.0)])
def test_observed_order_of_convergence(order, least, speed):
    errors = []
    for n in (48, 96):
        h = 2 / n
        axes = [(torch.arange(n, dtype=torch.float64) - (n - 1) / 2) * h] * 2
        phi = torch.stack(torch.meshgrid(*axes, indexing="ij")).norm(dim=0)[None, None] - 0.5
        found = moved(phi, speed, (h, h), 0.15, Motion(order=order, redistance_every=0))
        truth = phi - 0.15 * speed
        errors.append((found - truth)[truth.abs() < 0.12].abs().mean().item())
    assert math.log2(errors[0] / errors[1]) >= least


@pytest.mark.parametrize("shape", [(44, 40), (30, 30, 30)])
def test_curvature_alone_shrinks_a_ball_as_its_law_says(shape):
    spacing = (1.0,) * len(shape)
    phi = ball(9.0, shape, spacing)
    found = moved(phi, 0.0, spacing, 8.0, Motion(curvature=0.5))
    radius = math.sqrt(9.0**2 - 2 * 0.5 * (len(shape) - 1) * 8.0)
    assert wall_error(found, ball(radius, shape, spacing)) < 0.05


def test_gradient_norm_stays_one_through_a_motion():
    spacing = (1.0, 1.0)
    phi = ball(14.0, (64, 56), spacing)
    speed = draw_matern(
        (64, 56), spacing, spread=2.0, length=8.0, generator=torch.Generator().manual_seed(4)
    )
    bands = []
    for motion in (Motion(), Motion(redistance_every=0)):
        found = moved(phi, speed, spacing, 2.0, motion)
        norm = gradient_norm(found, spacing)[found.abs() < 2]
        bands.append(torch.quantile(norm, torch.tensor([0.01, 0.99])).tolist())
    assert bands[0][0] > 0.95
    assert bands[0][1] < 1.05
    assert bands[1][0] < 0.9
    assert bands[1][1] > 1.1


def test_a_batch_moves_as_its_items_do():
    phi = torch.cat([ball(5.0, (24, 20), (1.0, 1.0)), ball(7.0, (24, 20), (1.0, 1.0))])
    speed = torch.tensor([1.0, -1.0])[:, None, None, None].expand_as(phi)
    together = moved(phi, speed, (1.0, 1.0), 1.0, Motion())
    pairs = zip(phi.split(1), speed.split(1), strict=True)
    alone = [moved(p, s, (1.0, 1.0), 1.0, Motion()) for p, s in pairs]
    torch.testing.assert_close(together, torch.cat(alone))


def test_every_step_is_told():
    phi = ball(5.0, (16, 16), (1.0, 1.0))
    frames = list(evolve(phi, torch.ones_like(phi), (1.0, 1.0), 1.0, Motion()))
    assert [f.taken for f in frames] == list(range(len(frames)))
    assert frames[-1].time == pytest.approx(1.0)
    assert len(frames) == 1 + math.ceil(math.sqrt(2) / 0.5)


@pytest.mark.parametrize("order", ["first", "weno5"])
@pytest.mark.parametrize("shape", [(56, 50), (30, 28, 26)])
def test_a_narrow_band_moves_the_front_as_the_whole_grid_does(order, shape):
    spacing = (1.0, 1.2, 0.9)[: len(shape)]
    phi = ball(8.0, shape, spacing)
    generator = torch.Generator().manual_seed(2)
    speed = 1 + draw_matern(shape, spacing, spread=0.5, length=6.0, generator=generator)
    whole = moved(phi, speed, spacing, 2.0, Motion(order=order))
    narrow = moved(phi, speed, spacing, 2.0, Motion(order=order, band=6.0))
    near = whole.abs() < 2
    assert (narrow - whole)[near].abs().max() < 0.02
    assert narrow.abs().max() <= 6.0 * max(spacing) + 1e-5


def test_a_band_up_to_the_border_steps_as_the_whole_grid_does():
    phi = ball(5.0, (12, 14, 11), (1.0, 1.2, 0.9))
    speed = torch.ones_like(phi)
    for order in ("first", "weno5"):
        region = within(phi, 100.0)
        sparse = along_normal(phi, speed, 0.3, (1.0, 1.2, 0.9), order, region)
        dense = along_normal(phi, speed, 0.3, (1.0, 1.2, 0.9), order, whole())
        torch.testing.assert_close(sparse, dense.reshape(-1), atol=1e-5, rtol=0)


def test_an_extended_speed_is_constant_along_normals_and_keeps_the_slope():
    spacing = (1.0, 0.8)
    phi = ball(12.0, (60, 64), spacing)
    x = grid_points((60, 64), spacing)
    radial = (x.norm(dim=-1) / 12)[None, None]
    near = phi.abs() < 5
    torch.testing.assert_close(
        carry_from_wall(radial, phi, spacing)[near], torch.ones(int(near.sum())), atol=0.02, rtol=0
    )
    still = Motion(order="weno5", redistance_every=0)
    for extend, most in ((True, 0.03), (False, 0.5)):
        found = moved(phi, radial, spacing, 2.0, replace(still, extend=extend))
        steep = (gradient_norm(found, spacing)[found.abs() < 3] - 1).abs().max()
        assert steep < most
    assert steep > 0.1


@pytest.mark.parametrize(("order", "least"), [("first", 0.8), ("weno5", 2.5)])
def test_a_turned_ball_comes_round_at_the_order_of_its_scheme(order, least):
    errors = []
    for n in (32, 64):
        h = 2 / n
        axis = (torch.arange(n, dtype=torch.float64) - (n - 1) / 2) * h
        x, y = torch.meshgrid(axis, axis, indexing="ij")
        flow = torch.stack([-y, x])[None]
        start, truth = (
            ((x - a) ** 2 + (y - b) ** 2).sqrt() - 0.35 for a, b in ((0.4, 0), (0, 0.4))
        )
        motion = Motion(order=order, redistance_every=0)
        *_, last = advect(start[None, None], flow, (h, h), math.pi / 2, motion)
        near = truth.abs() < 0.1
        errors.append((last.distance[0, 0] - truth)[near].abs().mean().item())
    assert math.log2(errors[0] / errors[1]) >= least


def test_a_flow_of_zero_ends_at_once():
    phi = ball(5.0, (16, 16), (1.0, 1.0))
    flow = torch.zeros(1, 2, 16, 16)
    assert len(list(advect(phi, flow, (1.0, 1.0), 3.0, Motion()))) == 1


def test_impossible_motions_are_named():
    with pytest.raises(InputError, match=r"curvature -1.*blows up"):
        Motion(curvature=-1.0)
    with pytest.raises(InputError, match=r"band 2.0 redistanced every 5 steps"):
        Motion(band=2.0)
    with pytest.raises(InputError, match=r"band 6.0 redistanced every 0 steps"):
        Motion(band=6.0, redistance_every=0)
