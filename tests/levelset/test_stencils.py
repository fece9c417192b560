"""Differences that are exact where they can be, on grids of any shape."""

import math

import pytest
import torch

from lumenfield.geometry import grid_points
from lumenfield.levelset import curvature, gradient, gradient_norm
from lumenfield.levelset.stencils import ONE_SIDED, extended, godunov, one_sided

GRIDS = [((12, 9), (0.5, 2.0)), ((7, 10, 8), (1.0, 0.4, 2.5))]


def plane(shape, spacing, slope):
    points = grid_points(shape, spacing)
    return (points @ points.new_tensor(slope[: len(shape)]))[None, None]


def upwind_norm(phi, speed, spacing, order):
    sides = [one_sided(phi, axis, h, order) for axis, h in enumerate(spacing)]
    return godunov(sides, speed)


def ball(radius, shape, spacing):
    return (grid_points(shape, spacing).norm(dim=-1) - radius)[None, None]


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
def test_gradient_of_a_plane_is_exact_up_to_the_border(shape, spacing):
    slope = (0.3, -1.2, 2.0)[: len(shape)]
    for found, expected in zip(gradient(plane(shape, spacing, slope), spacing), slope, strict=True):
        torch.testing.assert_close(found, torch.full_like(found, expected), atol=2e-5, rtol=0)


@pytest.mark.parametrize("side", ONE_SIDED)
@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
def test_upwind_norm_of_a_plane_is_its_slope_whatever_the_speed(side, shape, spacing):
    slope = (0.3, -1.2, 2.0)[: len(shape)]
    phi = plane(shape, spacing, slope)
    for speed in (torch.ones_like(phi), -torch.ones_like(phi)):
        found = upwind_norm(phi, speed, spacing, side)
        torch.testing.assert_close(found, torch.full_like(found, math.hypot(*slope)))


@pytest.mark.parametrize(("speed", "valley", "peak"), [(1.0, 0.0, 1.0), (-1.0, 1.0, 0.0)])
def test_upwind_norm_opens_a_valley_flat_and_keeps_a_peak_sharp(speed, valley, peak):
    phi = (torch.arange(9.0) - 4).abs()[None, None, :, None].expand(1, 1, 9, 3)
    field = torch.full_like(phi, speed)
    assert upwind_norm(phi, field, (1.0, 1.0), "first")[0, 0, 4, 1] == valley
    assert upwind_norm(-phi, field, (1.0, 1.0), "first")[0, 0, 4, 1] == peak


def test_weno_has_fifth_order_on_a_wave():
    errors = []
    for n in (40, 80):
        h = 2 * math.pi / n
        x = torch.arange(n, dtype=torch.float64)[None, None, :, None] * h
        backward, _ = one_sided(torch.sin(x), 0, h, "weno5")
        errors.append((backward - torch.cos(x))[:, :, 5:-5].abs().mean().item())
    assert math.log2(errors[0] / errors[1]) > 4.5


def test_weno_weights_do_not_depend_on_the_unit():
    x = torch.linspace(-3, 3, 25, dtype=torch.float64)[None, None, :, None]
    phi = x.abs() + 0.1 * torch.sin(5 * x)
    in_mm, _ = one_sided(phi, 0, 0.25, "weno5")
    in_metres, _ = one_sided(phi / 1000, 0, 0.25 / 1000, "weno5")
    torch.testing.assert_close(in_mm, in_metres)


@pytest.mark.parametrize(
    ("shape", "spacing"), [((40, 48), (1.0, 0.8)), ((34, 30, 36), (1.0, 1.2, 0.9))]
)
def test_curvature_of_a_ball_is_n_minus_one_over_r(shape, spacing):
    phi = ball(10.0, shape, spacing)
    wall = phi.abs() < 0.5
    expected = (len(shape) - 1) / (phi + 10)[wall]
    torch.testing.assert_close(curvature(phi, spacing)[wall], expected, rtol=0.02, atol=0)


def test_curvature_is_clipped_at_the_resolution():
    phi = ball(0.5, (9, 9), (1.0, 1.0)) * 1e-7
    assert curvature(phi, (1.0, 1.0)).abs().max() <= 2.0


def test_gradient_norm_of_a_ball_is_one():
    phi = ball(10.0, (40, 30, 36), (1.0, 1.5, 1.2))
    norm = gradient_norm(phi, (1.0, 1.5, 1.2))[phi.abs() < 3]
    assert norm.min() > 0.98
    assert norm.max() < 1.02


def test_a_grid_goes_on_along_its_end_slopes():
    phi = torch.tensor([5.0, 3.0, 2.0, 0.0])[None, None, :, None]
    wide = extended(phi, 0, 2)[0, 0, :, 0]
    assert wide.tolist() == [9.0, 7.0, 5.0, 3.0, 2.0, 0.0, -2.0, -4.0]


def test_an_axis_of_one_voxel_goes_on_unchanged():
    phi = torch.tensor([[[[1.0, 2.0, 4.0]]]])
    assert torch.equal(extended(phi, 0, 1), phi.expand(1, 1, 3, 3))
