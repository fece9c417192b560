"""How far off the wall may still be; separate because sampling costs more than the answer."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import MaternField
from lumenfield.levelset.carry import carry_from_wall
from lumenfield.levelset.spectral import along_axes
from lumenfield.refinement.chance import place_noise
from lumenfield.refinement.contrast import gaussian_window
from lumenfield.refinement.solver import (
    Whitened,
    conjugate_gradients,
    diagonal_guess,
    whitened_prior,
)
from lumenfield.tensors import Fields, Tensor

__all__ = ["Posterior", "posterior_of", "spread_on_wall"]

_TOLERANCE = 0.1
"""Of the linear solver; a spread is then right to about 3 %, less than the samples' own error."""

_VOXELS_AT_ONCE = 2_000_000
"""Sampled together; bounds the memory, and more in one product are no faster."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Errors ε of δ left after the scan was seen.

    Args:
        variance: mm², on the grid. samples: `sample 1 *grid`, mm.
    """

    variance: Tensor
    samples: Tensor


def posterior_of(
    weight: Fields,
    spacing: tuple[float, ...],
    field: MaternField,
    *,
    samples: int,
    seed: int,
    place: tuple[int, ...],
) -> Posterior:
    """Sample N(0, (C⁻¹ + W)⁻¹) by perturb-and-MAP and take the variance over the samples.

    ε = C^½ (I + C^½WC^½)⁻¹ (ξ₁ + C^½W^½ξ₂). C^½ξ₁ has a known variance, and corrects the sampled
    one in proportion to its square correlation with ε; where the scan says nothing the result is
    σ_φ² exactly.

    Args:
        place: of the grid's first voxel in the scan; noise belongs to places, so that samples of
            boxes that overlap agree.

    Source: Papandreou & Yuille, NIPS 2010.
    """
    prior = whitened_prior(weight, spacing, field)
    errors, before = [], []
    at_once = max(1, _VOXELS_AT_ONCE // weight.numel())
    shape = tuple(weight.shape[2:])
    for first in range(0, samples, at_once):
        streams = range(2 * first, 2 * min(first + at_once, samples), 2)
        own, seen = (
            _noise([place_noise(seed, k + other, place, shape) for k in streams], weight)
            for other in (0, 1)
        )
        white = along_axes(own, prior.bases)
        errors.append(_perturbed(prior, weight, white, seen))
        before.append(prior.colour(white))
    drawn = torch.cat(errors)
    return Posterior(_corrected(drawn, torch.cat(before), field.spread_mm**2), drawn)


def _perturbed(prior: Whitened, weight: Fields, white: Tensor, seen: Tensor) -> Tensor:
    # Started from the prior's own draw: what the solver leaves out stays as uncertain as before.
    right = white + prior.gather(weight.sqrt() * seen)
    solved, _ = conjugate_gradients(
        lambda y: y + prior.gather(weight * prior.colour(y)),
        right,
        white,
        precondition=diagonal_guess(prior, weight),
        tolerance=_TOLERANCE,
        max_iterations=60,
    )
    return prior.colour(solved)


def spread_on_wall(
    variance: Fields, slope: Fields, distance: Fields, spacing: tuple[float, ...], length: float
) -> Fields:
    """Compute σ_n = sd(ε)/|∇u| on the wall and give it to every voxel along the normals.

    Variances are averaged over about ℓ along the wall, which a few dozen samples need.
    """
    on_wall = carry_from_wall(variance / slope.square(), distance, spacing)
    matrices = [
        gaussian_window(n, 0.5 * length / h, variance)
        for n, h in zip(variance.shape[2:], spacing, strict=True)
    ]
    beside = (distance.abs() < 2 * max(spacing)).to(variance)
    total = along_axes(beside, matrices)
    smooth = along_axes(beside * on_wall, matrices) / total.clamp(min=1e-12)
    smooth = torch.where(total > 1e-6, smooth, on_wall)
    return carry_from_wall(smooth, distance, spacing).sqrt()


def _corrected(errors: Tensor, before: Tensor, known: float) -> Tensor:
    """Correct the variance over samples by that of a companion whose variance is known."""
    raw, companion = errors.square().mean(0), before.square().mean(0)
    both = (errors * before).mean(0)
    ratio = both.square() / companion.square().clamp(min=1e-30)
    corrected = raw - ratio * (companion - known)
    return corrected.clamp(min=0.25 * raw)[None]


def _noise(grids: list[NDArray[np.float32]], like: Tensor) -> Tensor:
    return torch.from_numpy(np.stack(grids))[:, None].to(like)
