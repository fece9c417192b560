"""The spline passes through its data and knows the slopes and bends of cubics."""

import pytest
import torch

from lumenfield.levelset.interpolate import jets, spline_coefficients


def grid(shape):
    axes = [torch.arange(n, dtype=torch.float64) for n in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1)


def at(phi, places):
    coefficients = spline_coefficients(phi[None, None])
    which = torch.zeros(len(places), dtype=torch.long)
    return jets(coefficients, which, places.T.contiguous())


@pytest.mark.parametrize("shape", [(9, 12), (6, 7, 5), (4, 1, 3)])
def test_spline_passes_through_its_data_up_to_the_border(shape):
    phi = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    value, _, _ = at(phi, grid(shape).reshape(-1, len(shape)))
    torch.testing.assert_close(value, phi.reshape(-1), atol=2e-5, rtol=0)


def test_values_slopes_and_bends_of_a_cubic_are_exact_inside():
    x, y = grid((40, 40)).unbind(-1)
    cubic = 0.01 * x**3 - 0.02 * x * y**2 + y
    places = torch.tensor([[19.3, 20.8], [20.0, 17.5]], dtype=torch.float64)
    x, y = places.unbind(-1)
    value, slope, bend = at(cubic, places)
    close = {"atol": 1e-4, "rtol": 0}
    torch.testing.assert_close(value, 0.01 * x**3 - 0.02 * x * y**2 + y, **close)
    expected = torch.stack([0.03 * x**2 - 0.02 * y**2, -0.04 * x * y + 1])
    torch.testing.assert_close(slope, expected, **close)
    torch.testing.assert_close(bend, torch.stack([0.06 * x, -0.04 * y, -0.04 * x]), **close)


def test_derivatives_agree_with_those_of_the_value_in_three_dimensions():
    phi = torch.randn(8, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    place = torch.tensor([[3.3, 4.6, 2.9]], dtype=torch.float64)
    step = 1e-4
    _, slope, bend = at(phi, place)
    rows = [(0, 1, 2), (1, 3, 4), (2, 4, 5)]
    for axis in range(3):
        shift = torch.zeros(1, 3, dtype=torch.float64)
        shift[0, axis] = step
        above, below = at(phi, place + shift), at(phi, place - shift)
        assert slope[axis].item() == pytest.approx(((above[0] - below[0]) / (2 * step)).item())
        change = (above[1] - below[1])[:, 0] / (2 * step)
        torch.testing.assert_close(bend[list(rows[axis]), 0], change, atol=1e-5, rtol=0)


def test_each_place_reads_its_own_item():
    two = torch.stack([torch.zeros(6, 6), torch.ones(6, 6)])[:, None]
    value, _, _ = jets(spline_coefficients(two), torch.tensor([1, 0, 1]), torch.full((2, 3), 2.5))
    torch.testing.assert_close(value, torch.tensor([1.0, 0.0, 1.0]))


def test_places_past_the_border_read_the_end_slope():
    phi = (2 * grid((8, 8))[..., 0]).float()
    value, _, _ = at(phi, torch.tensor([[-1.5, 4.0], [8.5, 4.0]]))
    torch.testing.assert_close(value, torch.tensor([-3.0, 17.0]), atol=1e-3, rtol=0)
