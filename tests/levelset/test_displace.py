"""A displaced wall goes where it is told and keeps its topology."""

import pytest
import torch
from skimage.measure import euler_number, label

from lumenfield.errors import InputError
from lumenfield.geometry import grid_points
from lumenfield.levelset import displace, gradient_norm, tame
from lumenfield.levelset.spectral import draw_matern

SHAPE, SPACING = (34, 32, 30), (1.0, 1.1, 1.2)


def torus():
    x, y, z = grid_points(SHAPE, SPACING).unbind(-1)
    return (((x.square() + y.square()).sqrt() - 9).square() + z.square()).sqrt()[None, None] - 4


def rough(seed, spread=2.0, length=2.0):
    generator = torch.Generator().manual_seed(seed)
    return draw_matern(SHAPE, SPACING, spread=spread, length=length, generator=generator)


def topology(phi):
    """Components of the lumen and of the rest, and the lumen's Euler number."""
    inside = (phi[0, 0] < 0).numpy()
    parts = label(inside, connectivity=1).max(), label(~inside, connectivity=3).max()
    return *parts, euler_number(inside, connectivity=1)


def test_a_constant_offset_moves_the_wall_by_it():
    moved = displace(torus(), torch.full((1, 1, *SHAPE), -0.7), SPACING, reach=4.0)
    near = torus().abs() < 2
    assert (moved - torus() + 0.7)[near].abs().max() < 0.02


def test_topology_is_kept_over_many_draws_and_would_not_be_untamed():
    start = torus()
    expected = topology(start)
    assert expected[:2] == (1, 1)
    assert expected[2] == 0
    kept = [topology(displace(start, rough(s), SPACING, 4.0, far="clip")) for s in range(20)]
    assert all(found == expected for found in kept)
    assert any(topology(start + rough(s)) != expected for s in range(5))


def test_tame_scales_as_a_whole_and_leaves_the_gentle_alone():
    wild, gentle = rough(0), 0.01 * rough(0)
    tamed = tame(wild, SPACING, reach=1.5)
    assert gradient_norm(tamed, SPACING).max() <= 0.9 + 1e-5
    assert tamed.abs().max() <= 0.9 * 1.5 + 1e-5
    ratio = (tamed / wild).flatten()
    torch.testing.assert_close(ratio, torch.full_like(ratio, ratio[0].item()))
    assert torch.equal(tame(gentle, SPACING, 1.5), gentle)


def test_each_item_is_tamed_for_itself():
    pair = torch.cat([rough(0), 0.01 * rough(1)])
    alone = torch.cat([tame(item, SPACING, 2.0) for item in pair.split(1)])
    assert torch.equal(tame(pair, SPACING, 2.0), alone)


def test_a_reach_of_zero_is_named():
    with pytest.raises(InputError, match=r"reach 0.0 mm.*positive reach"):
        tame(rough(0), SPACING, 0.0)
