"""Redistancing restores the slope and leaves the wall where it was; errors are in voxels."""

import math

import pytest
import torch
from scipy.ndimage import distance_transform_edt

from lumenfield.geometry import grid_points
from lumenfield.levelset import redistance

CUBES, SLABS = (1.0, 1.0, 1.0), (1.0, 1.0, 2.0)
SHAPES = {CUBES: (36, 34, 38), SLABS: (36, 34, 18)}
OFF = (0.3, -0.2, 0.37)


def ball(radius, shape, spacing):
    points = grid_points(shape, spacing)
    return ((points - points.new_tensor(OFF[: len(shape)])).norm(dim=-1) - radius)[None, None]


def tube(radius, shape, spacing):
    points = grid_points(shape, spacing) - torch.tensor(OFF)
    axis = torch.nn.functional.normalize(torch.tensor([1.0, 0.4, 0.3]), dim=0)
    along = points @ axis
    return ((points - along[..., None] * axis).norm(dim=-1) - radius)[None, None]


def plane(shape, spacing):
    points = grid_points(shape, spacing) - torch.tensor(OFF)
    return (points @ torch.nn.functional.normalize(torch.tensor([1.0, 0.7, 0.4]), dim=0))[
        None, None
    ]


WALLS = {
    "ball": lambda spacing: ball(10.0, SHAPES[spacing], spacing),
    "tube": lambda spacing: tube(10.0, SHAPES[spacing], spacing),
    "plane": lambda spacing: plane(SHAPES[spacing], spacing),
}


def distorted(phi, spacing):
    points = grid_points(phi.shape[2:], spacing)
    return phi * (1 + 0.5 * torch.sin(0.5 * points[..., 0]) * torch.cos(0.3 * points[..., 1]))


INPUTS = {
    "true": lambda phi, spacing: phi,
    "distorted": distorted,
    "steep": lambda phi, spacing: 40 * phi,
    "saturated": lambda phi, spacing: torch.tanh(phi / 2),
}


def inner(field, width=4):
    """Away from the border, beyond which a wall is not known."""
    for axis in range(2, field.ndim):
        field = field.narrow(axis, width, field.shape[axis] - 2 * width)
    return field


def unbiased_norm(phi, spacing):
    """|∇φ| by fourth-order differences, which curvature does not bias."""
    slopes = []
    for axis, h in enumerate(spacing, start=2):
        one = phi.roll(-1, axis) - phi.roll(1, axis)
        two = phi.roll(-2, axis) - phi.roll(2, axis)
        slopes.append((8 * one - two) / (12 * h))
    return torch.stack(slopes).norm(dim=0)


def rms(errors):
    return errors.square().mean().sqrt().item()


@pytest.mark.parametrize("change", INPUTS)
@pytest.mark.parametrize("wall", WALLS)
@pytest.mark.parametrize(("spacing", "most"), [(CUBES, 0.005), (SLABS, 0.02)])
def test_wall_stays_in_place_and_every_sign_is_kept(wall, change, spacing, most):
    truth = WALLS[wall](spacing)
    phi = INPUTS[change](truth, spacing)
    distance = redistance(phi, spacing)
    assert torch.equal(distance < 0, phi < 0)
    near = inner(truth).abs() < max(spacing)
    assert rms((inner(distance) - inner(truth))[near] / min(spacing)) <= most


@pytest.mark.parametrize("wall", WALLS)
@pytest.mark.parametrize("spacing", [CUBES, SLABS])
def test_gradient_is_one_in_the_band(wall, spacing):
    truth = WALLS[wall](spacing)
    distance = redistance(distorted(truth, spacing), spacing)
    norm = inner(unbiased_norm(distance, spacing))[inner(truth).abs() < 3 * max(spacing)]
    low, high = torch.quantile(norm, torch.tensor([0.01, 0.99])).tolist()
    assert low > 0.95
    assert high < 1.05


def test_whole_band_is_a_distance():
    truth = ball(9.0, (40, 40), (1.0, 1.0))
    distance = redistance(distorted(truth, (1.0, 1.0)), (1.0, 1.0), band=5.0)
    near = truth.abs() < 5
    assert (distance - truth)[near].abs().max() < 0.005


def test_restoring_twice_changes_little():
    once = redistance(distorted(ball(9.0, (40, 40), (1.0, 1.0)), (1.0, 1.0)), (1.0, 1.0))
    twice = redistance(once, (1.0, 1.0))
    near = once.abs() < 3
    assert (twice - once)[near].abs().max() < 2e-3


def test_extruded_plane_figure_equals_the_plane_one():
    flat = distorted(ball(8.0, (30, 34), (1.0, 1.5)), (1.0, 1.5))
    deep = flat[..., None].expand(*flat.shape, 12).contiguous()
    expected = redistance(flat, (1.0, 1.5))[..., None].expand_as(deep)
    near = expected.abs() < 5
    found = redistance(deep, (1.0, 1.5, 0.8))
    torch.testing.assert_close(found[near], expected[near], atol=3e-3, rtol=0)


@pytest.mark.parametrize("far", ["transform", "clip"])
def test_a_batch_is_each_of_its_items_alone(far):
    items = [distorted(ball(r, (24, 28), (1.0, 1.0)), (1.0, 1.0)) for r in (5.0, 9.0)]
    batch = redistance(torch.cat(items), (1.0, 1.0), far=far)
    alone = torch.cat([redistance(item, (1.0, 1.0), far=far) for item in items])
    assert torch.equal(batch, alone)


def test_far_away_a_transform_goes_on_and_a_clip_ends_at_the_band():
    truth = ball(6.0, (48, 40), (1.0, 1.0))
    goes_on = redistance(truth, (1.0, 1.0), far="transform")
    ends = redistance(truth, (1.0, 1.0), band=4.0, far="clip")
    assert (goes_on - truth).abs().max() < 0.7
    assert rms(goes_on - truth) < 0.2
    torch.testing.assert_close(ends, truth.clamp(-4, 4), atol=2e-3, rtol=0)


def test_wall_that_leaves_the_box_is_straight_beyond_it():
    truth = plane((20, 16, 18), CUBES)
    distance = redistance(3 * truth, CUBES)
    near = truth.abs() < 4
    assert (distance - truth)[near].abs().max() < 1e-3


@pytest.mark.parametrize(("far", "size"), [("transform", math.hypot(8, 10 * 2)), ("clip", 8.0)])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_without_a_wall_every_voxel_is_far(far, size, sign):
    phi = torch.full((1, 1, 8, 10), sign)
    distance = redistance(phi, (1.0, 2.0), far=far)
    torch.testing.assert_close(distance, sign * torch.full_like(phi, size))


def test_kinks_between_two_balls_are_no_trouble():
    points = grid_points((44, 32, 32), CUBES)
    aside = torch.tensor([5.0, 0.0, 0.0])
    left, right = (points + aside).norm(dim=-1) - 8, (points - aside).norm(dim=-1) - 8
    phi = torch.minimum(left, right)[None, None]
    distance = redistance(distorted(phi, CUBES), CUBES)
    outside = (phi > 0) & (phi < 3)
    assert torch.equal(distance < 0, phi < 0)
    assert rms((distance - phi)[outside]) < 0.02
    assert (distance - phi)[outside].abs().max() < 0.25
    # Inside, the waist is nearer than either ball: a circle of radius √(8² − 5²).
    centre = distance[0, 0, 21:23, 15:17, 15:17].abs().mean().item()
    assert centre == pytest.approx(math.sqrt(39), abs=0.5)


def test_a_voxel_on_the_wall_keeps_its_side():
    phi = torch.tensor([-1.0, -0.0, 1.0])[None, None, :, None].expand(1, 1, 3, 4).contiguous()
    distance = redistance(phi, (1.0, 1.0))
    assert torch.equal(distance < 0, phi < 0)
    assert distance[0, 0, 1].abs().max() < 1e-3


def test_a_vessel_of_one_voxel_keeps_its_sign():
    phi = torch.ones(1, 1, 9, 9, 9)
    phi[0, 0, 4, 4, 4] = -0.5
    distance = redistance(phi, CUBES)
    assert torch.equal(distance < 0, phi < 0)
    assert torch.isfinite(distance).all()


def test_a_mask_gives_a_distance_within_its_staircase():
    truth = ball(9.0, (36, 36, 36), CUBES)
    mask = torch.where(truth < 0, -0.5, 0.5)
    distance = redistance(mask, CUBES)
    near = truth.abs() < 3
    outside, inside = (distance_transform_edt((truth[0, 0] * s).numpy() > 0) for s in (1, -1))
    staircase = torch.as_tensor(outside - inside).float()[None, None]
    assert rms((distance - truth)[near]) < rms((staircase - truth)[near])
    assert (distance - truth)[near].abs().max() < 1.0


def test_unit_of_length_does_not_matter():
    phi = distorted(ball(8.0, (30, 30), (1.0, 1.0)), (1.0, 1.0))
    in_mm = redistance(phi, (1.0, 1.0))
    in_metres = redistance(phi / 1000, (1e-3, 1e-3))
    near = in_mm.abs() < 4
    torch.testing.assert_close(in_metres[near] * 1000, in_mm[near], atol=1e-3, rtol=0)


def test_a_wall_is_not_invented_beyond_the_border():
    axis = torch.arange(24.0)
    phi = (axis[:, None] - 5.0).repeat(1, 24)[None, None]
    # A field that falls towards the border, but stays outside, as a network's logits do.
    phi[..., 20:, :] = 0.3 + 0.2 * (23 - axis[20:, None])
    distance = redistance(phi, (1.0, 1.0))
    assert (distance[..., 20:, :] > 14).all()


@pytest.mark.parametrize("far", ["transform", "clip"])
def test_number_of_threads_does_not_change_a_byte(far):
    phi = distorted(tube(6.0, (48, 48, 48), CUBES), CUBES)
    threads, found = torch.get_num_threads(), []
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            found.append(redistance(phi, CUBES, far=far))
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(*found)


def test_double_precision_stays_so():
    truth = ball(9.0, (30, 32), (1.0, 1.0)).double()
    distance = redistance(distorted(truth, (1.0, 1.0)), (1.0, 1.0))
    assert distance.dtype == torch.float64
    assert (distance - truth)[truth.abs() < 3].abs().max() < 3e-3


def test_two_vessels_side_by_side_are_told_apart():
    points = grid_points((40, 44, 40), CUBES)
    aside = torch.tensor([0.2, 7.1, 0.0])
    left, right = ((points + s * aside)[..., :2].norm(dim=-1) - 4.5 for s in (1, -1))
    truth = torch.minimum(left, right)[None, None]
    for far in ("transform", "clip"):
        distance = redistance(distorted(truth, CUBES), CUBES, far=far)
        near = (truth < 4) & (truth > -3)
        assert (distance - truth)[near].abs().max() < 0.02


def test_distance_far_away_is_within_a_fraction_of_a_voxel():
    truth = tube(5.0, (64, 56, 60), CUBES)
    distance = redistance(distorted(truth, CUBES), CUBES)
    away = inner(truth) > 5
    assert rms((inner(distance) - inner(truth))[away]) < 0.1
    assert (inner(distance) - inner(truth))[away].abs().max() < 0.6
