"""Size, kind and correlation of noise, against noise that was made."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter

from lumenfield.refinement.contrast import Contrast
from lumenfield.refinement.noise import estimate_noise, huber_deviation, independent_share
from lumenfield.refinement.tissue import Tissue


def white(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def halves(n=32):
    """Lumen in the lower half of a cube, and levels of 1 and 0."""
    share = torch.zeros(1, 1, n, n, n)
    share[:, :, : n // 2] = 1.0
    many = torch.full_like(share, 100.0)
    one, none = torch.ones_like(share), torch.zeros_like(share)
    return Tissue(share, none, share, none, one, 0.0), Contrast(one, none, none, many, many)


def test_outliers_do_not_spoil_the_deviation():
    sample = 0.3 * white(20_000)
    assert huber_deviation(sample) == pytest.approx(0.3, rel=0.02)
    sample[:400] = 50.0
    assert huber_deviation(sample) == pytest.approx(0.3, rel=0.12)


def test_each_class_has_its_own_noise():
    tissue, contrast = halves()
    share = tissue.lumen
    scan = share + torch.where(share > 0.5, 0.1, 0.05) * white(*share.shape)
    noise = estimate_noise(scan, tissue, torch.ones_like(share), contrast, None)
    assert (noise.inside, noise.outside) == pytest.approx((0.1, 0.05), rel=0.05)
    assert noise.rician == 0.0
    assert noise.gain == pytest.approx(1.0, abs=0.1)


def test_magnitudes_of_complex_noise_are_known_as_such():
    tissue, contrast = halves()
    share = tissue.lumen
    scan = torch.hypot(share + 0.1 * white(*share.shape), 0.1 * white(*share.shape, seed=1))
    dark = contrast.outside + 0.125
    levels = dataclasses.replace(contrast, outside=dark, beyond=dark)
    noise = estimate_noise(scan, tissue, torch.ones_like(share), levels, None)
    assert noise.rician == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("factor", [1.5, 2.0])
def test_zero_filling_leaves_the_share_that_was_acquired(factor):
    n, kept = 48, round(48 / factor / 2)
    spectrum = np.fft.fftshift(np.fft.fftn(white(n, n, n).numpy()))
    middle = slice(n // 2 - kept, n // 2 + kept)
    cropped = np.zeros_like(spectrum)
    cropped[middle, middle, middle] = spectrum[middle, middle, middle]
    filled = torch.tensor(np.fft.ifftn(np.fft.ifftshift(cropped)).real).float()[None, None]
    gain, texture = independent_share(filled / filled.std(), torch.ones_like(filled) > 0)
    assert gain == pytest.approx(factor**-3, rel=0.35)
    assert texture < 0.3


def test_texture_is_told_from_noise():
    smooth = torch.tensor(gaussian_filter(white(40, 40, 40).numpy(), 2.5))[None, None]
    gain, texture = independent_share(smooth / smooth.std(), torch.ones_like(smooth) > 0)
    assert texture > 0.3
    assert gain < 0.05


def test_a_given_gain_is_kept():
    tissue, contrast = halves(16)
    share = tissue.lumen
    scan = share + 0.1 * white(*share.shape)
    assert estimate_noise(scan, tissue, torch.ones_like(share), contrast, 0.25).gain == 0.25


def test_nothing_to_measure_is_no_noise():
    tissue, contrast = halves(8)
    none = torch.zeros_like(tissue.lumen)
    assert estimate_noise(tissue.lumen, tissue, none, contrast, None).inside == 0.0
