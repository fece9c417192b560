"""How a scan looks, changed without moving it: contrast, noise, blur, coil, resolution."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from lumenfield.levelset.spectral import along_axes, draw_matern
from lumenfield.tensors import Fields, Tensor

__all__ = ["Look", "apply_look"]


@dataclass(frozen=True)
class Look:
    """One change of how images look, in the order it is applied; zeros change nothing.

    Args:
        bias: standard deviation of the logarithm of a smooth gain, as of a coil.
        blur_mm: standard deviation of a Gaussian blur.
        coarse_axis: axis along which voxels are merged `coarse` by `coarse` and spread again.
        gain: factor of contrast. shift: added, in standard deviations of the scan.
        noise: standard deviation of white noise, in those of the scan.
        seed: of the coil and of the noise.
    """

    bias: float = 0.0
    blur_mm: float = 0.0
    coarse_axis: int = 0
    coarse: int = 1
    gain: float = 1.0
    shift: float = 0.0
    noise: float = 0.0
    seed: int = 0


def apply_look(look: Look, image: Fields, spacing: tuple[float, ...]) -> Tensor:
    """Change how images look.

    What is random is drawn on the CPU, so that a GPU gives the same.

    Args:
        image: normalised to deviation one.
        spacing: mm.
    """
    generator = torch.Generator().manual_seed(look.seed)
    if look.bias:
        image = image * _coil(look, image, spacing, generator)
    if look.blur_mm:
        image = _blurred(image, look.blur_mm, spacing)
    if look.coarse > 1:
        image = _merged(image, look.coarse_axis, look.coarse)
    image = look.gain * image + look.shift
    if look.noise:
        image = image + look.noise * torch.randn(image.shape, generator=generator).to(image.device)
    return image


def _coil(
    look: Look, image: Fields, spacing: tuple[float, ...], generator: torch.Generator
) -> Tensor:
    grid = tuple(image.shape[2:])
    length = 0.4 * max(n * h for n, h in zip(grid, spacing, strict=True))
    field = draw_matern(grid, spacing, spread=look.bias, length=length, generator=generator)
    return field.exp().to(image.device)


def _blurred(image: Fields, sd_mm: float, spacing: tuple[float, ...]) -> Tensor:
    """Convolve with a Gaussian, one axis after another; the border repeats."""
    matrices = []
    for n, h in zip(image.shape[2:], spacing, strict=True):
        apart = torch.arange(n)[:, None] - torch.arange(-2 * n, 3 * n)[None]
        weights = torch.exp(-0.5 * (apart * h / sd_mm) ** 2)
        weights = weights / weights.sum(1, keepdim=True)
        # What lies beyond the border has the border's value.
        inner = weights[:, 2 * n : 3 * n].clone()
        inner[:, 0] += weights[:, : 2 * n].sum(1)
        inner[:, -1] += weights[:, 3 * n :].sum(1)
        matrices.append(inner.to(image.device))
    return along_axes(image, matrices)


def _merged(image: Fields, axis: int, factor: int) -> Tensor:
    """Average neighbours along one axis and interpolate between the averages."""
    lines = image.movedim(2 + axis, -1)
    rows = lines.reshape(1, -1, lines.shape[-1])
    coarse = F.avg_pool1d(rows, factor, ceil_mode=True, count_include_pad=False)
    whole = math.ceil(lines.shape[-1] / factor) * factor
    fine = F.interpolate(coarse, size=whole, mode="linear", align_corners=False)
    return fine[..., : lines.shape[-1]].reshape(lines.shape).movedim(-1, 2 + axis)
