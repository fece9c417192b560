"""Scales: there and back is where it was."""

import pytest
import torch

from lumenfield.inference.resize import resized, restored


@pytest.mark.parametrize("shape", [(20, 31), (14, 17, 12)])
@pytest.mark.parametrize("scale", [1.0, 1.5, 2.0])
def test_a_smooth_field_comes_back(shape: tuple[int, ...], scale: float) -> None:
    axes = [torch.linspace(0, 2, n) for n in shape]
    field = torch.stack(torch.meshgrid(*axes, indexing="ij")).sum(0).sin()[None, None]
    large = resized(field, (scale,) * len(shape))
    assert tuple(large.shape[2:]) == tuple(round(n * scale) for n in shape)
    assert (restored(large, shape) - field).abs().max() < 0.02
