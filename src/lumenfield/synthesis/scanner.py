"""From a complex magnetisation to a magnitude image; separate because this is physics alone."""

import math
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import torch
from scipy.fft import next_fast_len

from lumenfield.synthesis.draws import Draw, Range, check_range
from lumenfield.tensors import Fields, Tensor

__all__ = [
    "Acquisition",
    "ScannerRanges",
    "acquire",
    "add_noise",
    "apodisation_for",
    "draw_acquisition",
    "edge_width",
    "encoded",
    "modulus",
]


@dataclass(frozen=True)
class ScannerRanges:
    """What the acquisition may be like.

    Args:
        snr: mean of the lumen over the standard deviation of one complex component, log-uniform.
        zero_fill: chance that the image was interpolated in k-space, by a factor in
            `zero_fill_factor` (final over acquired matrix).
        edge_voxels: 10–90 % width of a sharp edge in the image; the k-space filter is chosen for
            it. A crop alone may make it wider.
        averages: number of excitations, or of velocity encodings, averaged as magnitudes.
        ghost: chance of ghosts, and `ghost_level` their share of the signal.
    """

    snr: Range = (6.0, 60.0)
    zero_fill: float = 0.4
    zero_fill_factor: Range = (1.1, 2.0)
    edge_voxels: Range = (1.5, 3.5)
    averages: tuple[int, int] = (1, 4)
    ghost: float = 0.1
    ghost_level: Range = (0.01, 0.05)

    def __post_init__(self) -> None:
        check_range("snr", self.snr, 0.1)
        check_range("zero_fill_factor", self.zero_fill_factor, 1.0)
        check_range("edge_voxels", self.edge_voxels, 0.8)
        check_range("averages", self.averages, 1.0)
        check_range("ghost_level", self.ghost_level, 0.0)


_MARGIN = 4
"""Voxels beyond each border that the scene goes on for."""

Ghost: TypeAlias = tuple[int, float, float] | tuple[()]
"""Axis, shift as a share of the axis, level; or none."""


@dataclass(frozen=True)
class Acquisition:
    """One drawn acquisition.

    Args:
        snr: lumen mean over the standard deviation of one complex component, in one average.
        kept: share of k-space acquired along each axis.
        apodisation: standard deviation of the k-space filter's image-side kernel, in voxels,
            along each axis.
    """

    snr: float
    kept: tuple[float, ...]
    apodisation: tuple[float, ...]
    averages: int = 1
    ghost: Ghost = ()


def draw_acquisition(draw: Draw, ranges: ScannerRanges, ndim: int) -> Acquisition:
    """Draw one acquisition."""
    factor = draw.uniform(ranges.zero_fill_factor) if draw.happens(ranges.zero_fill) else 1.0
    kept = [1 / factor] * ndim
    if factor > 1 and draw.happens(0.5):
        kept[draw.whole((0, ndim - 1))] = 1.0
    width = draw.uniform(ranges.edge_voxels)
    ghost: Ghost = ()
    if draw.happens(ranges.ghost):
        shift = draw.uniform((0.15, 0.5))
        ghost = (draw.whole((0, ndim - 1)), shift, draw.uniform(ranges.ghost_level))
    return Acquisition(
        draw.log_uniform(ranges.snr),
        tuple(kept),
        tuple(apodisation_for(width, share) for share in kept),
        draw.whole(ranges.averages),
        ghost,
    )


def acquire(
    image: Tensor, acquisition: Acquisition, sigma: float, generator: torch.Generator
) -> Fields:
    """Measure a complex image: crop and filter its k-space, add noise there, take magnitudes.

    Args:
        image: complex, 1 × 1 × grid.
        sigma: standard deviation of one complex component of the image, in one average.

    Returns:
        float32, never negative.
    """
    return add_noise(encoded(image, acquisition), acquisition, sigma, generator)


def encoded(image: Tensor, acquisition: Acquisition) -> Tensor:
    """Give the complex image that a scan without noise would make.

    The grid is cut from a wider scene: beyond it the image goes on as at its border, or a filter
    would mix each border with the opposite one. A ghost multiplies the k-space lines of one axis
    by 1 + 2g cos(2πks), which puts copies of level g at ± s.
    """
    axes = tuple(range(2, image.ndim))
    shape = image.shape
    if acquisition.ghost:
        image = _modulated(image, acquisition.ghost)
    for axis in axes:
        image = image.index_select(axis, _beyond(shape[axis], image.device))
    spectrum = torch.fft.fftn(image, dim=axes)
    seen = torch.fft.ifftn(_filter(spectrum, acquisition), dim=axes)
    return seen[tuple(slice(n) for n in shape)]


def _beyond(n: int, device: torch.device) -> Tensor:
    """Indices that repeat the last and, since an FFT's grid is a circle, the first voxel."""
    wide = int(next_fast_len(n + 2 * _MARGIN))
    after = (wide - n + 1) // 2
    return torch.cat(
        [
            torch.arange(n, device=device),
            torch.full((after,), n - 1, device=device),
            torch.zeros(wide - n - after, dtype=torch.long, device=device),
        ]
    )


def add_noise(
    image: Tensor, acquisition: Acquisition, sigma: float, generator: torch.Generator
) -> Fields:
    """Add noise that went through the same k-space filter, and average the magnitudes.

    The noise is complex and white where k-space was measured. It is correlated as the signal is
    blurred, it does not depend on the signal, and the magnitude is Rician.

    Source: Gudbjartsson & Patz, Magn. Reson. Med. 34 (1995) 910.
    """
    axes = tuple(range(2, image.ndim))
    shape = tuple(image.shape[2:])
    power = math.prod(float(line.square().mean()) for line in _windows(shape, acquisition))
    # White k-space noise of this size leaves the image with `sigma` in each component.
    strength = sigma * math.sqrt(math.prod(shape) / power)
    total: Tensor | None = None
    for _ in range(acquisition.averages):
        white = torch.randn(*image.shape, 2, generator=generator, device=image.device)
        noise = _filter(torch.view_as_complex(white.mul_(strength)), acquisition)
        magnitude = modulus(torch.fft.ifftn(noise, dim=axes).add_(image))
        total = magnitude if total is None else total.add_(magnitude)
    assert total is not None
    return total / acquisition.averages


def modulus(image: Tensor) -> Tensor:
    """|z|, three times as fast as `abs`, which guards against numbers that no signal reaches."""
    return image.real.square().add_(image.imag.square()).sqrt_()


def edge_width(kept: float, apodisation: float) -> float:
    """Give the 10–90 % width, in voxels, of a sharp edge averaged over voxels and acquired so."""
    frequency = np.fft.rfftfreq(_EDGE_SAMPLES, 1 / _PER_VOXEL)
    step = np.zeros(_EDGE_SAMPLES)
    step[_EDGE_SAMPLES // 4 : 3 * _EDGE_SAMPLES // 4] = 1.0
    passed = np.sinc(frequency) * np.exp(-2 * (np.pi * frequency * apodisation) ** 2)
    passed[frequency > kept / 2] = 0.0
    seen = np.fft.irfft(np.fft.rfft(step) * passed, _EDGE_SAMPLES)[: _EDGE_SAMPLES // 2]
    return float(_last_below(seen, 0.9) - _last_below(seen, 0.1)) / _PER_VOXEL


@cache
def _width_table(kept: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    apodisations = tuple(0.05 * k for k in range(41))
    return apodisations, tuple(edge_width(kept, a) for a in apodisations)


def apodisation_for(width: float, kept: float) -> float:
    """Give the filter that makes edges `width` voxels wide; none where the crop does as much."""
    rounded = round(kept, 2)
    apodisations, widths = _width_table(rounded)
    return float(np.interp(width, widths, apodisations))


_EDGE_SAMPLES = 4096
_PER_VOXEL = 32


def _last_below(rise: np.ndarray, level: float) -> float:
    """Where a rise passes a level for good before its middle, in samples."""
    middle = len(rise) * 3 // 4
    last = int(np.flatnonzero(rise[:middle] < level)[-1])
    return last + float((level - rise[last]) / (rise[last + 1] - rise[last]))


def _windows(shape: tuple[int, ...], acquisition: Acquisition) -> list[Tensor]:
    """The k-space filter along each axis."""
    lines = []
    for n, kept, width in zip(shape, acquisition.kept, acquisition.apodisation, strict=True):
        frequency = torch.fft.fftfreq(n)
        line = torch.exp(-2 * (math.pi * width * frequency) ** 2)
        # A soft edge of one sample: the crop need not fall on a whole line.
        lines.append(line * ((kept / 2 - frequency.abs()) * n + 1).clamp(0, 1))
    return lines


def _filter(spectrum: Tensor, acquisition: Acquisition) -> Tensor:
    """Multiply by the k-space filter, in place."""
    shape = tuple(spectrum.shape[2:])
    window = torch.ones(())
    for axis, line in enumerate(_windows(shape, acquisition)):
        window = window * line.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    parts = torch.view_as_real(spectrum)
    parts *= window.to(spectrum.device)[..., None]
    return spectrum


def _modulated(image: Tensor, ghost: tuple[int, float, float]) -> Tensor:
    """Multiply the k-space lines of one axis by 1 + 2g cos(2πks): shifted copies of the image."""
    axis, share, level = ghost
    shift = round(share * image.shape[axis + 2])
    copies = image.roll(shift, axis + 2) + image.roll(-shift, axis + 2)
    return image + level * copies
