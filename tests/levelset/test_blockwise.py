"""Block by block: the same distances as all at once, near the wall exactly, far off roughly."""

import pytest
import torch

from lumenfield.geometry import Ball, Tube, sample_distance
from lumenfield.levelset import redistance
from lumenfield.levelset.blockwise import redistance_blockwise

SHAPE = (52, 44, 48)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 0.8, 1.6)])
def test_it_is_redistance_in_the_band_and_nearly_beyond(spacing: tuple[float, ...]) -> None:
    solid = Ball(radius_mm=8.0).moved(2.3, -3.1, 0.4) | Tube(radius_mm=3.0)
    truth = sample_distance(solid, SHAPE, spacing)
    phi = torch.tanh(truth / 3).half()
    whole = redistance(phi.float(), spacing)
    found = redistance_blockwise(phi, spacing, block=20)
    near = whole.abs() < 3.5 * max(spacing)
    gap = (found - whole)[near].abs()
    # At kinks and medial sheets the two may take wall points of either side.
    assert (gap > 1e-2).float().mean() < 0.01
    assert gap.max() < 0.5 * max(spacing)
    assert torch.equal(found < 0, phi < 0)
    beyond = (found - whole)[~near].abs() / max(spacing)
    assert (beyond > 1).float().mean() < 0.002
    assert beyond.mean() < 0.2


def test_a_grid_without_a_wall_is_far_from_one() -> None:
    found = redistance_blockwise(torch.ones(1, 1, 12, 12, 12), (1.0, 1.0, 1.0), block=8)
    assert torch.allclose(found, torch.full_like(found, 12 * 3**0.5))
