"""Members joined: walls lie as far apart as logits say, and errors add in quadrature."""

import pytest
import torch

from lumenfield.inference.uncertainty import (
    RunningMean,
    calibrated_field,
    joined_spread,
    walls_apart,
)
from lumenfield.networks import Calibration

ONE = (Calibration(spread_voxels=0.5, length_voxels=4.0),)


def ramp(offset: float) -> torch.Tensor:
    """Logits that fall by 2 a voxel and cross zero at `offset`."""
    return (2 * (offset - torch.arange(16.0)))[None, None, :, None].expand(1, 1, 16, 8).clone()


def summed(*grids: torch.Tensor) -> RunningMean:
    sums = RunningMean()
    for grid in grids:
        sums.add(grid)
    return sums


def test_the_running_mean_and_variance_are_those_of_all_grids() -> None:
    grids = torch.randn(5, 7, 9, generator=torch.Generator().manual_seed(0)) * 3 + 20
    sums = summed(*grids)
    assert torch.allclose(sums.mean, grids.mean(0), atol=1e-5)
    assert torch.allclose(sums.variance, grids.var(0), rtol=1e-4)


def test_walls_apart_by_a_voxel_are_a_voxel_apart() -> None:
    sums = summed(ramp(6.0), ramp(7.0), ramp(8.0))
    assert walls_apart(sums, (1.0, 1.0))[0, 0, 7, 4].item() == pytest.approx(1.0, rel=1e-3)
    assert torch.allclose(sums.mean, ramp(7.0))


def test_one_member_disagrees_with_nobody_and_many_by_three_voxels_at_most() -> None:
    assert walls_apart(summed(ramp(6.0)), (1.0, 1.0)).eq(0).all()
    assert walls_apart(summed(ramp(0.0), ramp(60.0)), (2.0, 2.0)).max().item() == pytest.approx(6.0)


def test_calibration_is_in_voxels_and_the_field_in_millimetres() -> None:
    assert calibrated_field(ONE, (2.0, 0.5)).spread_mm == pytest.approx(0.5)
    field = calibrated_field(ONE, (2.0, 2.0))
    assert field.spread_mm == pytest.approx(1.0)
    assert field.length_mm == pytest.approx(8.0)


def test_errors_add_in_quadrature() -> None:
    field = calibrated_field(ONE, (1.0, 1.0))
    found = joined_spread(torch.full((1, 1, 2, 2), 1.2, dtype=torch.float16), field)
    assert found.dtype == torch.float32
    assert found[0, 0, 0, 0].item() == pytest.approx(1.3, rel=1e-3)
