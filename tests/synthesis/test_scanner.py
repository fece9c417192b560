"""Noise is Rician and as strong as the SNR says, whatever the k-space filter."""

import math
from dataclasses import replace

import pytest
import torch

from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.scanner import (
    Acquisition,
    ScannerRanges,
    acquire,
    apodisation_for,
    draw_acquisition,
    edge_width,
)

PLAIN = Acquisition(snr=20.0, kept=(1.0,) * 3, apodisation=(0.0,) * 3)
FILTERS = {
    "plain": PLAIN,
    "zero-filled": replace(PLAIN, kept=(0.6, 0.6, 1.0)),
    "apodised": replace(PLAIN, apodisation=(0.6,) * 3),
    "both": replace(PLAIN, kept=(0.7,) * 3, apodisation=(0.4,) * 3),
}


def uniform(level, shape=(64, 60, 56)):
    return torch.stack([torch.full(shape, level), torch.zeros(shape)])[None]


def image(level, acquisition, **changes):
    generator = torch.Generator().manual_seed(0)
    return acquire(uniform(level, **changes), acquisition, 1 / acquisition.snr, generator)


@pytest.mark.parametrize("acquisition", FILTERS.values(), ids=FILTERS)
def test_background_is_rayleigh_with_the_sigma_of_the_snr(acquisition):
    noise = image(0.0, acquisition)
    sigma = 1 / 20
    assert noise.mean().item() == pytest.approx(sigma * math.sqrt(math.pi / 2), rel=0.02)
    assert noise.std().item() == pytest.approx(sigma * math.sqrt(2 - math.pi / 2), rel=0.02)


@pytest.mark.parametrize("acquisition", FILTERS.values(), ids=FILTERS)
def test_noise_of_a_bright_lumen_is_one_over_the_snr(acquisition):
    lumen = image(1.0, acquisition)
    assert lumen.std().item() == pytest.approx(1 / 20, rel=0.02)
    assert lumen.mean().item() == pytest.approx(math.hypot(1, 1 / 20), rel=0.01)


def test_averages_divide_the_noise_by_their_root():
    assert image(1.0, replace(PLAIN, averages=4)).std().item() == pytest.approx(1 / 40, rel=0.02)


def test_zero_filling_correlates_neighbours():
    def correlation(acquisition):
        rough = image(1.0, acquisition)[0, 0] - 1
        return ((rough[1:] * rough[:-1]).mean() / rough.square().mean()).item()

    assert abs(correlation(PLAIN)) < 0.02
    assert correlation(FILTERS["zero-filled"]) > 0.3


def test_magnitudes_are_never_negative():
    assert image(0.0, replace(PLAIN, snr=1.0)).min() >= 0


def test_a_crop_keeps_the_mean_and_rings_at_an_edge():
    edge = uniform(0.0)
    edge[:, 0, ..., :28] = 1.0
    sharp = acquire(edge, replace(PLAIN, kept=(0.5,) * 3), 1e-6, torch.Generator())
    assert sharp.max() > 1.05
    assert sharp.mean().item() == pytest.approx(0.5, abs=0.03)


def test_a_ghost_is_a_copy_of_its_level_on_either_side():
    spot = torch.zeros(1, 2, 20, 16)
    spot[0, 0, 3, 5] = 1.0
    two = Acquisition(1e6, (1.0, 1.0), (0.0, 0.0), ghost=(0, 0.25, 0.1))
    seen = acquire(spot, two, 1e-7, torch.Generator().manual_seed(0))[0, 0]
    assert seen[8, 5].item() == pytest.approx(0.1, abs=1e-3)
    assert seen[18, 5].item() == pytest.approx(0.1, abs=1e-3)
    assert seen[3, 5].item() == pytest.approx(1.0, abs=1e-3)


def test_widths_of_edges_are_known_where_a_formula_is():
    # A Gaussian of s voxels and the voxel's own box, of standard deviation 1/√12.
    assert edge_width(1.0, 1.2) == pytest.approx(2.563 * math.sqrt(1.2**2 + 1 / 12), rel=0.01)
    assert edge_width(0.5, 0.0) > 1.7 * edge_width(1.0, 0.0)


@pytest.mark.parametrize("kept", [1.0, 0.8, 0.55])
def test_the_filter_for_an_edge_makes_it(kept):
    for width in (2.1, 2.8, 3.5):
        assert edge_width(kept, apodisation_for(width, kept)) == pytest.approx(width, rel=0.03)


@pytest.mark.parametrize("ndim", [2, 3])
def test_drawn_acquisitions_lie_in_their_ranges(ndim):
    ranges = ScannerRanges(snr=(5.0, 40.0), zero_fill=1.0, ghost=0.5)
    for index in range(30):
        drawn = draw_acquisition(Draw(0, index), ranges, ndim)
        assert 5.0 <= drawn.snr <= 40.0
        assert len(drawn.kept) == len(drawn.apodisation) == ndim
        assert all(0.5 <= share <= 1.0 for share in drawn.kept)
