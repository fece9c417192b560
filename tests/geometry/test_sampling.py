"""Blocks that are skipped change nothing that matters, and nothing is rounded to the grid."""

import math

import pytest
import torch

from lumenfield.geometry import (
    Ball,
    Bulge,
    Empty,
    Tube,
    Vessel,
    bifurcation,
    grid_points,
    sample_bound,
    sample_distance,
)
from lumenfield.synthesis.anatomy import ANATOMIES, AnatomyRanges, draw_anatomy
from lumenfield.synthesis.draws import Draw

GRIDS = [((41, 30, 27), (1.0, 1.0, 1.0)), ((30, 33, 14), (0.7, 0.9, 1.8))]

SOLIDS = {
    "ball": Ball(6.0).moved(1.3, -2.2, 0.4),
    "tube": Tube(4.0).bent(0.05).rotated(30.0, plane=(0, 2)),
    "union": Ball(6.0) | Tube(2.0) | Ball(3.0).moved(9.0, 9.0, 2.0),
    "intersection": Ball(9.0).moved(3.0, 0.0, 0.0) & Ball(9.0).moved(-3.0, 0.0, 0.0),
    "difference": Ball(9.0) - Tube(4.0),
    "blend": Tube(3.0).blended(Tube(3.0).rotated(60.0), 4.0),
    "blend moved": (Ball(4.0) | Tube(2.0))
    .blended(Ball(5.0).moved(6.0, 0.0, 0.0), 3.0)
    .moved(1.0, 1.0, 1.0),
    "bifurcation": bifurcation(4.0, length_mm=30.0),
    "stenosis": Vessel(
        ((-30.0, 0.0, 0.0), (0.0, 4.0, 0.0), (30.0, 0.0, 0.0)),
        (4.0, 4.0, 4.0),
        (Bulge(0.4, 0.8, 3.0), Bulge(0.6, -0.9, 3.0, side=0.7, angle=1.0)),
    ),
}


def agree(solid, shape, spacing, band=4.0):
    """Whether signs agree everywhere, and the greatest difference within the band."""
    found = sample_bound(solid, shape, spacing, band)[0, 0]
    brute = solid.distance(grid_points(shape, spacing))
    near = (brute.abs() < band * max(spacing)) | (found.abs() < band * max(spacing))
    return torch.equal(found < 0, brute < 0), (found - brute)[near].abs().max().item()


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
@pytest.mark.parametrize("name", SOLIDS)
def test_skipped_blocks_leave_the_band_and_every_sign_alone(name, shape, spacing):
    signs, difference = agree(SOLIDS[name], shape, spacing)
    assert signs
    assert difference < 1e-4


def drawn(kind, index, shape, spacing):
    ranges = AnatomyRanges(
        kinds={kind: 1.0}, radius_voxels=(1.2, 6.0), stenosis=0.6, aneurysm=0.6, bend=(0.1, 0.45)
    )
    extent = tuple(n * h for n, h in zip(shape, spacing, strict=True))
    return draw_anatomy(Draw(5, index), ranges, extent, max(spacing))


@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("kind", sorted(set(ANATOMIES) - {"empty"}))
def test_drawn_anatomies_are_sampled_as_without_blocks(kind, index):
    shape, spacing = (34, 30, 22), (0.8, 0.8, 1.5)
    signs, difference = agree(drawn(kind, index, shape, spacing), shape, spacing)
    assert signs
    assert difference < 1e-3


@pytest.mark.parametrize("kind", ["tree", "cerebral"])
def test_bytes_do_not_depend_on_the_number_of_threads(kind):
    shape, spacing = (48, 48, 48), (1.0, 1.0, 1.0)
    solid = drawn(kind, 0, shape, spacing)
    alone = sample_bound(solid, shape, spacing)
    torch.set_num_threads(2)
    try:
        together = sample_bound(solid, shape, spacing)
    finally:
        torch.set_num_threads(1)
    assert torch.equal(alone, together)


def test_in_the_plane_too():
    signs, difference = agree(Tube(3.0).blended(Ball(5.0), 2.0), (45, 38), (0.6, 1.1))
    assert signs
    assert difference < 1e-4


@pytest.mark.parametrize(("shape", "spacing"), [*GRIDS, ((44, 50), (1.0, 0.8))])
def test_sampled_distance_of_a_ball_is_exact_in_the_band(shape, spacing):
    solid = Ball(7.0).moved(*(0.3, -0.4, 0.2)[: len(shape)])
    truth = solid.distance(grid_points(shape, spacing))
    found = sample_distance(solid, shape, spacing)[0, 0]
    near = truth.abs() < 3 * max(spacing)
    assert found.shape == shape
    assert (found - truth)[near].abs().max() < 0.02 * min(spacing)


def test_a_blend_becomes_a_distance():
    solid = Tube(6.0).blended(Tube(6.0).rotated(90.0), 6.0)
    distance = sample_distance(solid, (64, 64), (1.0, 1.0))[0, 0]
    slopes = torch.stack(torch.gradient(distance)).norm(dim=0)[4:-4, 4:-4]
    near = distance[4:-4, 4:-4].abs() < 1.5
    low, high = torch.quantile(slopes[near], torch.tensor([0.05, 0.99])).tolist()
    assert low > 0.97
    assert high < 1.03


def test_a_shift_of_part_of_a_voxel_shifts_the_field():
    shape, spacing = (32, 32, 32), (1.0, 1.0, 1.0)
    still = sample_distance(Ball(8.0), shape, spacing)
    moved = sample_distance(Ball(8.0).moved(0.3, 0.0, 0.0), shape, spacing)
    change = (moved - still)[0, 0, 22:27, 15:17, 15:17]
    torch.testing.assert_close(change, torch.full_like(change, -0.3), atol=0.01, rtol=0)


def test_a_tube_in_three_dimensions_is_round_and_not_a_plate():
    distance = sample_distance(Tube(6.0), (20, 32, 32), (1.0, 1.0, 1.0))
    area = (distance[0, 0] < 0).sum(dim=(1, 2)).float()
    torch.testing.assert_close(area, torch.full_like(area, math.pi * 36), rtol=0.05, atol=0)
    assert torch.equal(distance[0, 0, 0] < 0, distance[0, 0, -1] < 0)
    near = distance.abs() < 4
    turned = distance.transpose(3, 4)
    torch.testing.assert_close(distance[near], turned[near], atol=1e-3, rtol=0)


def test_nothing_is_empty_on_any_grid():
    assert (sample_distance(Empty(), (9, 10), (1.0, 2.0)) > 0).all()


def test_grid_is_centred_on_the_origin():
    points = grid_points((3, 4), (2.0, 1.0))
    assert points[0, 0].tolist() == [-2.0, -1.5]
    assert points[2, 3].tolist() == [2.0, 1.5]
