"""From a complex magnetisation to a magnitude image; separate because this is physics alone."""

import math
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import torch

from lumenfield.levelset.spectral import along_axes
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


_MARGIN = 24
"""Voxels beyond each border that the scene goes on for, unless the grid is smaller."""

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
        image: real and imaginary part, 1 × 2 × grid.
        sigma: standard deviation of one complex component of the image, in one average.

    Returns:
        float32, 1 × 1 × grid, never negative.
    """
    return add_noise(encoded(image, acquisition), acquisition, sigma, generator)


def encoded(image: Tensor, acquisition: Acquisition) -> Tensor:
    """Give the complex image that a scan without noise would make, 1 × 2 × grid.

    The filter of k-space is real and separable: one matrix an axis. The grid is cut from a wider
    scene: beyond it the image goes on as at its border, or a filter would mix each border with
    the opposite one. A ghost multiplies the k-space lines of one axis by 1 + 2g cos(2πks), which
    puts copies of level g at ± s.
    """
    if acquisition.ghost:
        image = _modulated(image, acquisition.ghost)
    axes = zip(image.shape[2:], acquisition.kept, acquisition.apodisation, strict=True)
    return along_axes(image, [_filter_matrix(*axis).to(image.device) for axis in axes])


def add_noise(
    image: Tensor, acquisition: Acquisition, sigma: float, generator: torch.Generator
) -> Fields:
    """Add noise that went through the same k-space filter, and average the magnitudes.

    The noise is complex and white where k-space was measured. It is correlated as the signal is
    blurred, it does not depend on the signal, and the magnitude is Rician.

    Source: Gudbjartsson & Patz, Magn. Reson. Med. 34 (1995) 910.
    """
    shape = tuple(image.shape[2:])
    axes = tuple(range(len(shape)))
    window = torch.ones(())
    for axis, n in enumerate(shape):
        line = _window(n, acquisition.kept[axis], acquisition.apodisation[axis])
        # White k-space noise of this size leaves the image with `sigma` in each component.
        line = line * math.sqrt(n / float(line.square().mean()))
        window = window * line.reshape([-1 if a == axis else 1 for a in axes])
    window = (window * sigma).to(image.device)[..., None]
    total = torch.zeros_like(image[0, 0])
    for _ in range(acquisition.averages):
        white = torch.randn(*shape, 2, generator=generator, device=image.device).mul_(window)
        noise = torch.fft.ifftn(torch.view_as_complex(white), dim=axes)
        square = (noise.real + image[0, 0]).square_()
        total += square.add_((noise.imag + image[0, 1]).square_()).sqrt_()
    return (total / acquisition.averages)[None, None]


def modulus(image: Tensor) -> Fields:
    """|z| of an image in two parts, 1 × 1 × grid."""
    return image[:, :1].square().add_(image[:, 1:].square()).sqrt_()


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


def _window(n: int, kept: float, apodisation: float) -> Tensor:
    """The k-space filter along one axis, in the order of an FFT."""
    frequency = torch.fft.fftfreq(n)
    line = torch.exp(-2 * (math.pi * apodisation * frequency) ** 2)
    # A soft edge of one sample: the crop need not fall on a whole line.
    return line * ((kept / 2 - frequency.abs()) * n + 1).clamp(0, 1)


def _filter_matrix(n: int, kept: float, apodisation: float) -> Tensor:
    """The same filter on n voxels that go on beyond their ends as they are there."""
    beyond = min(n, _MARGIN)
    wide = n + 2 * beyond
    kernel = torch.fft.ifft(_window(wide, kept, apodisation)).real
    place = torch.arange(n) + beyond
    circulant = kernel[(place[:, None] - torch.arange(wide)) % wide]
    source = (torch.arange(wide) - beyond).clamp(0, n - 1)
    return torch.zeros(n, n).index_add_(1, source, circulant)


def _modulated(image: Tensor, ghost: tuple[int, float, float]) -> Tensor:
    """Multiply the k-space lines of one axis by 1 + 2g cos(2πks): shifted copies of the image."""
    axis, share, level = ghost
    shift = round(share * image.shape[axis + 2])
    copies = image.roll(shift, axis + 2) + image.roll(-shift, axis + 2)
    return image + level * copies
