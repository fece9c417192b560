"""Who fills each voxel around a wall."""

import torch

from lumenfield.refinement.frame import frame_of
from lumenfield.refinement.tissue import depth_profile, lumen_radius, tissue_at

SPACING = (1.0, 1.0)


def disc(radius, n=40):
    x, y = torch.meshgrid(*[torch.arange(float(n)) - n / 2 + 0.3] * 2, indexing="ij")
    return (torch.hypot(x, y) - radius)[None, None]


def test_shares_fill_every_voxel():
    frame = frame_of(disc(8.0), SPACING)
    light = 1 - 0.4 * (1 - depth_profile(frame.distance, lumen_radius(frame.distance, SPACING)))
    for ring in (0.0, 2.0):
        total = torch.stack(tissue_at(frame, 0.55, light, ring).shares()).sum(0)
        torch.testing.assert_close(total, torch.ones_like(total))


def test_radius_of_a_disc_is_known_on_its_wall_and_bounded():
    for radius, known in ((5.0, 5.0), (15.0, 8.0), (0.8, 1.5)):
        distance = disc(radius)
        found = lumen_radius(distance, SPACING)[distance.abs() < 1]
        torch.testing.assert_close(found, torch.full_like(found, known), atol=0.8, rtol=0)


def test_depth_profile_is_a_parabola_within_and_nothing_without():
    distance = torch.tensor([3.0, 0.0, -2.0, -4.0, -6.0])[None, None]
    found = depth_profile(distance, torch.full_like(distance, 4.0))
    torch.testing.assert_close(found, torch.tensor([0.0, 0.0, 0.75, 1.0, 1.0])[None, None])


def test_a_ring_lies_outside_the_wall():
    frame = frame_of(disc(8.0), SPACING)
    tissue = tissue_at(frame, 0.3, torch.ones_like(frame.distance), 2.0)
    ring = tissue.shares()[2]
    assert ring[(frame.distance > 0.8) & (frame.distance < 1.2)].min() > 0.9
    assert ring[(frame.distance < -0.8) | (frame.distance > 2.8)].max() < 0.1
