"""The spline passes through its data and knows the slopes and bends of cubics."""

import pytest
import torch

from lumenfield.levelset.interpolate import jets, spline_coefficients


def grid(shape):
    axes = [torch.arange(n, dtype=torch.float64) for n in shape]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1)


def at(phi, places):
    ndim = places.shape[-1]
    coefficients = spline_coefficients(phi[None, None], ndim)[0]
    return jets(coefficients, torch.zeros(len(places), dtype=torch.long), places)


@pytest.mark.parametrize("shape", [(9, 12), (6, 7, 5)])
def test_spline_passes_through_its_data_up_to_the_border(shape):
    phi = torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    jet = at(phi, grid(shape).reshape(-1, len(shape)))
    value = jet[(slice(None), *[0] * len(shape))]
    torch.testing.assert_close(value, phi.reshape(-1), atol=1e-5, rtol=0)


def test_values_slopes_and_bends_of_a_cubic_are_exact_inside():
    x, y = grid((40, 40)).unbind(-1)
    cubic = 0.01 * x**3 - 0.02 * x * y**2 + y
    places = torch.tensor([[19.3, 20.8], [20.0, 17.5]], dtype=torch.float64)
    x, y = places.unbind(-1)
    jet = at(cubic, places)
    expected = {
        (0, 0): 0.01 * x**3 - 0.02 * x * y**2 + y,
        (1, 0): 0.03 * x**2 - 0.02 * y**2,
        (0, 1): -0.04 * x * y + 1,
        (2, 0): 0.06 * x,
        (1, 1): -0.04 * y,
        (0, 2): -0.04 * x,
    }
    for (i, j), value in expected.items():
        torch.testing.assert_close(jet[:, i, j], value, atol=2e-5, rtol=0)


def test_derivatives_agree_with_those_of_the_value_in_three_dimensions():
    phi = torch.randn(8, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    place = torch.tensor([[3.3, 4.6, 2.9]], dtype=torch.float64)
    step = 1e-4
    for axis in range(3):
        shift = torch.zeros(1, 3, dtype=torch.float64)
        shift[0, axis] = step
        order = [int(a == axis) for a in range(3)]
        above, below = at(phi, place + shift)[0, 0, 0, 0], at(phi, place - shift)[0, 0, 0, 0]
        slope = at(phi, place)[(0, *order)]
        assert slope.item() == pytest.approx(((above - below) / (2 * step)).item(), abs=1e-5)


def test_each_place_reads_its_own_item():
    two = torch.stack([torch.zeros(6, 6), torch.ones(6, 6)])[:, None]
    coefficients = spline_coefficients(two, 2)[:, 0]
    which = torch.tensor([1, 0, 1])
    value = jets(coefficients, which, torch.full((3, 2), 2.5))[:, 0, 0]
    torch.testing.assert_close(value, torch.tensor([1.0, 0.0, 1.0]))


def test_places_past_the_border_read_the_end_slope():
    phi = (2 * grid((8, 8))[..., 0]).float()
    jet = at(phi, torch.tensor([[-1.5, 4.0], [8.5, 4.0]]))
    torch.testing.assert_close(jet[:, 0, 0], torch.tensor([-3.0, 17.0]), atol=1e-4, rtol=0)
