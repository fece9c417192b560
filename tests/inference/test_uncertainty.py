"""Members joined: means within a scale, the largest over scales, agreement over all."""

import pytest
import torch

from lumenfield.inference.uncertainty import combine
from lumenfield.networks import Calibration

ONE = (Calibration(spread_voxels=0.5, length_voxels=4.0),)


def ramp(offset: float) -> torch.Tensor:
    """Logits that fall by 2 a voxel and cross zero at `offset`."""
    return (2 * (offset - torch.arange(16.0)))[None, None, :, None].expand(1, 1, 16, 8).clone()


def test_scales_are_joined_by_their_maximum_and_agree_on_their_minimum() -> None:
    joined = combine([ramp(6.5), ramp(8.5)], (1.0, 1.0), ONE)
    assert torch.equal(joined.logits, ramp(8.5))
    assert torch.equal(joined.agreed, ramp(6.5) > 0)


def test_walls_apart_by_a_voxel_add_their_spread() -> None:
    members = torch.cat([ramp(6.0), ramp(7.0), ramp(8.0)])
    joined = combine([members], (1.0, 1.0), ONE)
    assert joined.spread[0, 0, 7, 4].item() == pytest.approx((0.5**2 + 1.0**2) ** 0.5, rel=1e-3)
    assert torch.allclose(joined.logits, ramp(7.0))


def test_calibration_is_in_voxels_and_the_field_in_millimetres() -> None:
    joined = combine([ramp(6.0)], (2.0, 0.5), ONE)
    assert joined.field.spread_mm == pytest.approx(0.5)
    joined = combine([ramp(6.0)], (2.0, 2.0), ONE)
    assert joined.field.spread_mm == pytest.approx(1.0)
    assert joined.field.length_mm == pytest.approx(8.0)
    assert torch.allclose(joined.spread, torch.tensor(1.0))
