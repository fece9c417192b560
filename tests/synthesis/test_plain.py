"""The plain recipe: its edge, and the same noise inside and outside."""

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.geometry import Tube, grid_points
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.plain import PlainLook, PlainRanges, draw_plain, render_plain

SHAPE, SPACING = (40, 40, 40), (1.0, 1.0, 1.0)


def tube():
    return Tube(9.0).distance(grid_points(SHAPE, SPACING))[None, None]


def test_without_noise_it_is_the_activation():
    phi = tube()
    image = render_plain(phi, SPACING, PlainLook(3.0, 0.0, 0.0, 2.0, seed=0))
    torch.testing.assert_close(image, 0.5 * (1 - torch.tanh(phi)), atol=1e-6, rtol=0)


def test_edges_are_within_three_and_a_half_voxels():
    x = torch.arange(-6, 6, 0.01)[None, None, :, None].expand(1, 1, 1200, 3)
    for epsilon in (2.0, 4.8):
        image = render_plain(x, (1.0, 1.0), PlainLook(epsilon, 0.0, 0.0, 2.0, seed=0))
        width = ((image > 0.1) & (image < 0.9))[0, 0, :, 0].sum().item() * 0.01
        assert width == pytest.approx(0.732 * epsilon, rel=0.02)
        assert 1.4 < width < 3.6


@pytest.mark.parametrize(("white", "rough"), [(0.05, 0.0), (0.0, 0.05), (0.04, 0.03)])
def test_noise_is_everywhere_and_as_strong_as_asked(white, rough):
    look = PlainLook(3.0, white, rough, 2.0, seed=1)
    phi = torch.full((1, 1, *SHAPE), -100.0)
    noise = render_plain(phi, SPACING, look) - 1
    assert noise.std().item() == pytest.approx(0.05, rel=0.1)


def test_magnitudes_are_never_negative():
    assert render_plain(tube(), SPACING, PlainLook(3.0, 0.3, 0.3, 2.0, seed=1)).min() >= 0


def test_drawn_looks_lie_in_their_ranges_and_repeat():
    ranges = PlainRanges(white=(0.02, 0.03))
    drawn = [draw_plain(Draw(0, i), ranges) for i in range(10)]
    assert all(0.02 <= look.white <= 0.03 for look in drawn)
    assert drawn[3] == draw_plain(Draw(0, 3), ranges)


def test_an_edge_without_width_is_refused():
    with pytest.raises(InputError, match=r"edge_voxels = \[0\.0, 2\.0\]; .* starts at 0\.1"):
        PlainRanges(edge_voxels=(0.0, 2.0))
