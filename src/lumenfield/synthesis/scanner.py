"""From a complex magnetisation to a magnitude image; separate because this is physics alone."""

import math
from dataclasses import dataclass
from typing import TypeAlias

import torch

from lumenfield.synthesis.draws import Draw, Range, check_range
from lumenfield.tensors import Fields, Tensor

__all__ = ["Acquisition", "ScannerRanges", "acquire", "draw_acquisition"]


@dataclass(frozen=True)
class ScannerRanges:
    """What the acquisition may be like.

    Args:
        snr: reference signal over the standard deviation of one complex component, log-uniform.
        zero_fill: chance that the image was interpolated in k-space, by a factor in
            `zero_fill_factor` (final over acquired matrix).
        apodisation: width of the Gaussian k-space filter's image-side kernel, in voxels.
        averages: number of excitations, averaged as magnitudes.
        ghost: chance of ghosts, and `ghost_level` their share of the signal.
    """

    snr: Range = (6.0, 60.0)
    zero_fill: float = 0.4
    zero_fill_factor: Range = (1.1, 2.0)
    apodisation: Range = (0.2, 0.7)
    averages: tuple[int, int] = (1, 3)
    ghost: float = 0.1
    ghost_level: Range = (0.01, 0.05)

    def __post_init__(self) -> None:
        check_range("snr", self.snr, 1.0)
        check_range("zero_fill_factor", self.zero_fill_factor, 1.0)
        check_range("apodisation", self.apodisation, 0.0)
        check_range("averages", self.averages, 1.0)
        check_range("ghost_level", self.ghost_level, 0.0)


Ghost: TypeAlias = tuple[int, float, float] | tuple[()]
"""Axis, shift as a share of the axis, level; or none."""


@dataclass(frozen=True)
class Acquisition:
    """One drawn acquisition.

    Args:
        snr: of a signal of one in a single average.
        kept: share of k-space acquired along each axis.
        apodisation: in voxels, along each axis.
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
    width = draw.uniform(ranges.apodisation)
    ghost: Ghost = ()
    if draw.happens(ranges.ghost):
        shift = draw.uniform((0.15, 0.5))
        ghost = (draw.whole((0, ndim - 1)), shift, draw.uniform(ranges.ghost_level))
    return Acquisition(
        draw.log_uniform(ranges.snr),
        tuple(kept),
        (width,) * ndim,
        draw.whole(ranges.averages),
        ghost,
    )


def acquire(image: Tensor, acquisition: Acquisition, generator: torch.Generator) -> Fields:
    """Measure a complex image: crop and filter its k-space, add noise there, take magnitudes.

    The noise enters before the filter and the zero-filling, so it is correlated as the signal is
    blurred, and the magnitude is Rician. Its standard deviation in one component of the final
    image is 1/snr, whatever the filter keeps.

    Args:
        image: complex, 1 × 1 × grid.

    Returns:
        float32, never negative.

    Source: Gudbjartsson & Patz, Magn. Reson. Med. 34 (1995) 910 for the Rician magnitude.
    """
    axes = tuple(range(2, image.ndim))
    spectrum = torch.fft.fftn(image, dim=axes)
    window = _window(image.shape[2:], acquisition)
    if acquisition.ghost:
        spectrum = spectrum + _ghost(image, acquisition.ghost, axes)
    # White k-space noise of this size leaves the image with 1/snr in each component.
    scale = image[0, 0].numel() / math.sqrt(float((window**2).sum())) / acquisition.snr
    total = torch.zeros(image.shape, dtype=torch.float32)
    for _ in range(acquisition.averages):
        noise = torch.randn(2, *image.shape, generator=generator)
        measured = (spectrum + scale * torch.complex(noise[0], noise[1])) * window
        total += torch.fft.ifftn(measured, dim=axes).abs()
    return total / acquisition.averages


def _window(shape: torch.Size, acquisition: Acquisition) -> Tensor:
    window = torch.ones(shape)
    for axis, n in enumerate(shape):
        frequency = torch.fft.fftfreq(n)
        line = torch.exp(-2 * (math.pi * frequency * acquisition.apodisation[axis]) ** 2)
        # A soft edge of one sample: the crop need not fall on a whole line.
        line = line * ((acquisition.kept[axis] / 2 - frequency.abs()) * n + 1).clamp(0, 1)
        window = window * line.reshape([n if a == axis else 1 for a in range(len(shape))])
    return window


def _ghost(image: Tensor, ghost: tuple[int, float, float], axes: tuple[int, ...]) -> Tensor:
    axis, share, level = ghost
    shift = round(share * image.shape[axis + 2])
    return level * torch.fft.fftn(image.roll(shift, axis + 2), dim=axes)
