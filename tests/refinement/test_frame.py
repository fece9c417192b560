"""Laws of the local distance and bend."""

import pytest
import torch

from lumenfield.refinement.frame import frame_of


def radial(shape, spacing, centre=0.3):
    lines = [(torch.arange(n) - n / 2) * h - centre for n, h in zip(shape, spacing, strict=True)]
    places = torch.meshgrid(*lines, indexing="ij")
    return torch.stack([p.square() for p in places]).sum(0).sqrt()[None, None]


def test_plane_keeps_its_distance_whatever_the_slope():
    spacing = (1.0, 0.5, 2.0)
    lines = [torch.arange(8) * h - 3.0 for h in spacing]
    x, y, z = torch.meshgrid(*lines, indexing="ij")
    plane = ((2 * x + y - 2 * z) / 3)[None, None]
    frame = frame_of(1.7 * plane, spacing)
    torch.testing.assert_close(frame.distance, plane, atol=1e-4, rtol=0)
    torch.testing.assert_close(frame.slope, torch.full_like(plane, 1.7))
    assert frame.bend.abs().max() < 1e-4


def test_distance_is_right_to_second_order():
    distance = radial((24, 24, 24), (1.0, 1.0, 1.0)) - 7
    bent = distance + 0.06 * distance**2
    near = distance.abs() < 1.5
    gap = (frame_of(bent, (1.0, 1.0, 1.0)).distance - distance)[near].abs().max()
    assert gap < 0.05
    first_order = (bent / (1 + 0.12 * distance) - distance)[near].abs().max()
    assert first_order > 0.1


@pytest.mark.parametrize("ndim", [2, 3])
def test_bend_is_the_curvature_halfway_to_the_wall(ndim):
    r = radial((28,) * ndim, (1.0,) * ndim)
    frame = frame_of(r - 8, (1.0,) * ndim)
    near = (r - 8).abs() < 2
    halfway = (ndim - 1) * 0.5 * (1 / r + 1 / 8)
    torch.testing.assert_close(frame.bend[near], halfway[near], rtol=0.05, atol=0)


def test_voxel_is_its_edge_along_the_normal():
    spacing = (1.0, 3.0)
    across = (torch.arange(6) * 3.0 - 7)[None, None, None, :].expand(1, 1, 5, 6)
    torch.testing.assert_close(frame_of(across, spacing).voxel, torch.full((1, 1, 5, 6), 3.0))


def test_a_grid_of_one_voxel_thickness_has_a_frame():
    frame = frame_of(radial((12, 12, 1), (1.0, 1.0, 1.0)) - 4, (1.0, 1.0, 1.0))
    assert bool(torch.isfinite(frame.bend).all())


def test_on_the_axis_of_a_vessel_nothing_vanishes():
    frame = frame_of(radial((9, 9), (1.0, 1.0), centre=-0.5) - 1.5, (1.0, 1.0))
    assert frame.slope.min() > 0.5
    assert frame.voxel.min() == 1.0
