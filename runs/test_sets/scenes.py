"""One test scan: its look from a family, its noise set so that the contrast over it is known."""

import math
from dataclasses import dataclass, replace

import torch

from lumenfield.datatypes import Volume, scaling
from lumenfield.levelset import redistance
from lumenfield.synthesis.appearance import Appearance, draw_appearance, signal_magnitude
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.family import Family
from lumenfield.synthesis.intensity import graded
from lumenfield.synthesis.scanner import add_noise
from lumenfield.synthesis.threads import one_thread
from lumenfield.tensors import Fields, Tensor

__all__ = ["Scan", "clean_scan", "contrast_of", "noisy_scan"]

TRIES = 40
LEAST_CONTRAST = 0.15
"""Of the reference signal."""

RING = 0.1
"""Between a dark lumen and a ring around it, of the reference signal, at least."""

SEEN = 0.9
"""Share of the lumen that must be nearer to its own grey than to that beside it."""

NO_NOISE = 1e9
"""SNR of a scan that shows the contrast alone."""


@dataclass(frozen=True, eq=False)
class Scan:
    """A scan with its truth.

    Args:
        distance: mm, negative in the lumen; zero is the true wall.
        contrast_to_noise: contrast of the lumen with what touches it over the noise.
    """

    magnitude: Volume
    distance: Volume
    contrast_to_noise: float


def clean_scan(
    draw: Draw, family: Family, phi: Fields, spacing: tuple[float, ...]
) -> tuple[Appearance, Fields]:
    """Draw a look of a family that shows the whole lumen, and image it without noise.

    Flow can take so much signal that part of a lumen looks like what is around it; then no rater
    could draw the truth, and another look is drawn.
    """
    for _ in range(TRIES):
        look = draw_appearance(draw, family, len(spacing))
        quiet = replace(look, acquisition=replace(look.acquisition, snr=NO_NOISE))
        clean = signal_magnitude(phi, spacing, quiet)
        if _shows(clean, phi, max(spacing), inverted=family.inverted):
            return look, clean
    raise RuntimeError(f"{TRIES} looks hid the lumen")


def noisy_scan(
    look: Appearance,
    clean: Fields,
    phi: Fields,
    spacing: tuple[float, ...],
    contrast_to_noise: float,
    *,
    inverted: bool = False,
) -> Scan:
    """Add the noise that gives a contrast over noise, and write grey values.

    σ of one complex component in one average is contrast · √averages / CNR.

    Args:
        inverted: turn the scan's contrast over before there is noise: bright is dark.
    """
    if inverted:
        clean = 1.05 * clean.amax() - clean
    averages = look.acquisition.averages
    sigma = contrast_of(clean, phi, max(spacing)) * math.sqrt(averages) / contrast_to_noise
    generator = torch.Generator().manual_seed(look.seed + 1)
    with one_thread():
        signal = torch.cat([clean, torch.zeros_like(clean)], 1)
        noisy = add_noise(signal, look.acquisition, sigma, generator)
        distance = redistance(phi, spacing)
    affine = scaling(spacing)
    return Scan(
        Volume(graded(noisy, look.intensity)[0, 0].numpy(), affine),
        Volume(distance[0, 0].numpy(), affine),
        contrast_to_noise,
    )


def contrast_of(clean: Fields, phi: Fields, voxel: float) -> float:
    """Give the difference of the median lumen and the median of what lies 1–3 voxels beside it."""
    inside, beside = _levels(clean, phi, voxel)
    return float((inside.median() - beside.median()).abs())


def _shows(clean: Fields, phi: Fields, voxel: float, *, inverted: bool) -> bool:
    """Tell whether nearly all of the lumen is on its own side of the middle grey.

    A ring darker than a dark lumen must show as a ring, or its outer edge is all that shows.
    """
    inside, beside = _levels(clean, phi, voxel)
    ring = clean[(phi > 0.3 * voxel) & (phi < 1.5 * voxel)].median()
    if inverted and -RING < inside.median() - ring < RING:
        return False
    if inverted:
        inside, beside = -inside, -beside
    contrast = inside.median() - beside.median()
    seen = inside > beside.median() + 0.5 * contrast
    return bool(contrast > LEAST_CONTRAST) and float(seen.float().mean()) > SEEN


def _levels(clean: Fields, phi: Fields, voxel: float) -> tuple[Tensor, Tensor]:
    """Give the greys of the lumen, half a voxel in at least where it is thick, and beside it."""
    depth = min(0.5 * voxel, -0.5 * float(phi.min()))
    return clean[phi < -depth], clean[(phi > voxel) & (phi < 3 * voxel)]
