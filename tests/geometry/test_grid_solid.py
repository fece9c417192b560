"""A mask or a distance on a grid becomes a solid whose wall is between the voxels."""

import numpy as np
import pytest
import torch

from lumenfield.datatypes import Volume, scaling
from lumenfield.errors import InputError
from lumenfield.geometry import Ball, GridSolid, Tube, grid_points, sample_bound, sample_distance


def mask_of(solid, shape, spacing):
    inside = solid.distance(grid_points(shape, spacing)) < 0
    return Volume(inside.to(torch.uint8).numpy(), scaling(spacing))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (1.0, 1.0, 1.6), (1.0, 1.0)])
def test_the_wall_of_a_mask_is_within_part_of_a_voxel(spacing):
    ndim = len(spacing)
    solid = GridSolid.of_mask(mask_of(Ball(9.0), (30,) * ndim, spacing))
    rays = torch.randn(500, ndim, generator=torch.Generator().manual_seed(0))
    wall = 9.0 * rays / rays.norm(dim=-1, keepdim=True)
    error = solid.distance(wall)
    assert error.square().mean().sqrt() < 0.2
    assert error.mean().abs() < 0.1


def test_a_distance_comes_back_between_its_voxels():
    truth = Ball(8.0).moved(0.4, -0.2, 0.1)
    grid = sample_distance(truth, (28, 28, 28), (1.0, 1.0, 1.0))[0, 0]
    solid = GridSolid(Volume(grid.numpy(), scaling((1.0, 1.0, 1.0))))
    fine = sample_bound(solid, (50, 50, 50), (0.5, 0.5, 0.5))
    expected = sample_bound(truth, (50, 50, 50), (0.5, 0.5, 0.5))
    near = expected.abs() < 1.5
    torch.testing.assert_close(fine[near], expected[near], atol=0.01, rtol=0)


def test_beyond_the_grid_the_way_is_added():
    solid = GridSolid.of_mask(mask_of(Ball(4.0), (16, 16), (1.0, 1.0)))
    far = solid.distance(torch.tensor([[100.0, 0.0]])).item()
    assert far == pytest.approx(96.0, abs=1.0)


def test_a_mask_joins_other_seeds():
    lumen = GridSolid.of_mask(mask_of(Tube(3.0), (24, 24, 24), (1.0, 1.0, 1.0)))
    both = lumen | Ball(5.0)
    phi = sample_distance(both, (24, 24, 24), (1.0, 1.0, 1.0))[0, 0]
    assert phi[12, 12, 8] < 0
    assert phi[1, 12, 8] > 0


def test_it_tells_what_it_is():
    solid = GridSolid.of_mask(mask_of(Ball(4.0), (16, 18), (1.0, 0.5)))
    assert repr(solid) == "GridSolid(16×18 voxels of 1×0.5 mm)"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((8, 8)), "mask of which 0 % is inside; a wall"),
        (np.ones((8, 8)), "mask of which 100 % is inside"),
        (np.full((8, 8), 255), "mask from 255 to 255; a mask or probability lies from 0 to 1"),
        (np.full((8, 8), np.nan), "mask from nan to nan"),
    ],
)
def test_masks_that_are_none_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        GridSolid.of_mask(Volume(values, np.eye(4)))


def test_points_of_another_dimension_are_refused():
    solid = GridSolid.of_mask(mask_of(Ball(4.0), (16, 16), (1.0, 1.0)))
    with pytest.raises(InputError, match="a 2-D grid asked at 3-D points"):
        solid.distance(torch.zeros(2, 3))
