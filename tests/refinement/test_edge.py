"""The share of the lumen in a voxel, against exact blurs."""

import pytest
import torch

from lumenfield.refinement.edge import (
    DEFAULT_POINT_SPREAD,
    occupancy,
    occupancy_slope,
    usual_point_spread,
    widest_point_spread,
)
from lumenfield.refinement.frame import Frame, frame_of


@pytest.mark.parametrize(("radius", "tolerance"), [(6.0, 0.003), (2.5, 0.02)])
def test_ball_is_blurred_as_in_closed_form(radius, tolerance):
    lines = torch.meshgrid(*[torch.arange(20) - 9.7] * 3, indexing="ij")
    r = torch.stack([p.square() for p in lines]).sum(0).sqrt()
    s = 0.55
    low, high = (radius - r) / s, (radius + r) / s
    density = torch.distributions.Normal(0, 1).log_prob
    exact = torch.special.ndtr(low) + torch.special.ndtr(high) - 1
    exact = exact - s / r * (density(low).exp() - density(high).exp())
    frame = frame_of((r - radius)[None, None], (1.0, 1.0, 1.0))
    near = (r - radius).abs() < 1.5
    assert (occupancy(frame, s)[0, 0] - exact)[near].abs().max() < tolerance


def test_wall_is_half_full_and_point_spread_counts_in_voxels():
    distance = torch.linspace(-4, 4, 9)[None, None]
    flat = [torch.full_like(distance, v) for v in (1.0, 2.0, 0.0)]
    share = occupancy(Frame(distance, *flat), 0.5)
    assert share[0, 0, 4].item() == pytest.approx(0.5)
    assert share[0, 0, 5].item() == pytest.approx(torch.special.ndtr(torch.tensor(-1.0)).item())


def test_slope_is_the_derivative():
    distance = torch.linspace(-2, 2, 21, dtype=torch.float64)[None, None].requires_grad_()
    flat = [torch.full_like(distance, v) for v in (1.0, 1.3, 0.2)]
    frame = Frame(distance, *flat)
    (derivative,) = torch.autograd.grad(occupancy(frame, 0.6).sum(), distance)
    torch.testing.assert_close(occupancy_slope(frame, 0.6), derivative)


@pytest.mark.parametrize("ndim", [2, 3])
def test_zero_filling_twice_can_double_the_blur_but_texture_can_look_like_it(ndim):
    doubled = 0.5**ndim
    assert widest_point_spread(doubled, ndim) == pytest.approx(2 * DEFAULT_POINT_SPREAD)
    usual = usual_point_spread(doubled, ndim)
    assert DEFAULT_POINT_SPREAD < usual < widest_point_spread(doubled, ndim)
    assert usual_point_spread(1.0, ndim) == widest_point_spread(1.0, ndim) == DEFAULT_POINT_SPREAD
