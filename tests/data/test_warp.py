"""Warping a drawn ball: it stays a ball of the right size, and its distance stays a distance."""

import math

import pytest
import torch

from lumenfield.data.warp import Warp, warped_patch, warped_truth

STILL = Warp(angles=(0.0, 0.0, 0.0), scale=1.0, elastic_mm=0.0, length_mm=10.0, seed=0)
SHAPE, SPACING = (40, 36, 20), (1.0, 1.0, 2.0)


def _places(shape=SHAPE, spacing=SPACING):
    steps = [h * (torch.arange(n) - (n - 1) / 2) for n, h in zip(shape, spacing, strict=True)]
    return torch.stack(torch.meshgrid(*steps, indexing="ij"), -1)


def _ball(radius, centre=(0.0, 0.0, 0.0)):
    """Distance in voxels of equal volume."""
    away = (_places() - torch.tensor(centre)).square().sum(-1).sqrt() - radius
    phi = (away / 2 ** (1 / 3))[None, None]
    return torch.cat([(phi < 0).float(), phi], 1)


def _warped(warp, truth):
    return warped_truth(warp, truth, (0, 0, 0), SHAPE, SPACING)


def test_no_warp_gives_the_patch_itself():
    image = torch.randn(1, 1, *SHAPE)
    moved = warped_patch(STILL, image, (3, 2, 1), (8, 9, 10), SPACING)
    torch.testing.assert_close(moved, image[..., 3:11, 2:11, 1:11], atol=1e-4, rtol=1e-4)


def test_a_turn_about_the_slice_normal_moves_a_ball_by_its_angle_in_millimetres():
    quarter = Warp((math.pi / 2, 0.0, 0.0), 1.0, 0.0, 10.0, 0)
    moved = _warped(quarter, _ball(5.0, (8.0, 0.0, 4.0)))
    centre = (_places() * moved[0, 0, ..., None]).sum((0, 1, 2)) / moved[0, 0].sum()
    assert centre[:2].norm() == pytest.approx(8.0, abs=0.3)
    assert abs(centre[0]) < 0.3
    assert centre[2] == pytest.approx(4.0, abs=0.3)


def test_a_turn_out_of_the_plane_keeps_a_ball_round_on_long_voxels():
    tilted = Warp((0.0, 0.5, -0.4), 1.0, 0.0, 10.0, 0)
    kept = _warped(tilted, _ball(7.0))
    near = kept[:, 1].abs() < 1.5
    torch.testing.assert_close(kept[:, 1][near], _ball(7.0)[:, 1][near], atol=0.12, rtol=0)


def test_scale_enlarges_the_vessel_and_its_distance():
    larger = Warp((0.0, 0.0, 0.0), 1.25, 0.0, 10.0, 0)
    near = _ball(7.5)[:, 1].abs() < 1.5
    torch.testing.assert_close(
        _warped(larger, _ball(6.0))[:, 1][near], _ball(7.5)[:, 1][near], atol=0.12, rtol=0
    )


def test_bending_moves_the_wall_and_keeps_the_slope():
    bent = Warp((0.0, 0.0, 0.0), 1.0, 1.0, 8.0, 3)
    before, after = _ball(7.0), _warped(bent, _ball(7.0))
    assert not torch.equal(before[:, 0], after[:, 0])
    parts = torch.gradient(after[0, 1], spacing=[h / 2 ** (1 / 3) for h in SPACING])
    slope = torch.stack(parts).square().sum(0).sqrt()[after[0, 1].abs() < 0.7]
    assert slope.mean() == pytest.approx(1, abs=0.05)
    assert slope.std() < 0.15


def test_a_mask_alone_stays_two_valued():
    moved = _warped(Warp((0.3, 0.2, 0.1), 1.1, 1.0, 8.0, 3), _ball(7.0)[:, :1])
    assert set(moved.unique().tolist()) == {0.0, 1.0}


def test_in_two_dimensions_one_angle_turns():
    image = torch.zeros(1, 1, 9, 9)
    image[0, 0, 4, 7] = 1
    quarter = Warp((math.pi / 2,), 1.0, 0.0, 10.0, 0)
    moved = warped_patch(quarter, image, (0, 0), (9, 9), (1.0, 1.0))
    assert moved.argmax() == torch.tensor(7 * 9 + 4)
