"""Draws of the wall from a pack alone; separate because the scan is not seen again."""

import dataclasses

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import BoundaryPrior
from lumenfield.errors import InputError
from lumenfield.levelset.spectral import along_axes, cosine_basis, idct, matern_root

__all__ = ["with_samples"]


def with_samples(prior: BoundaryPrior, count: int, *, seed: int = 0) -> BoundaryPrior:
    """Give a prior `count` samples of φ: its own if it holds so many, else drawn.

    Drawn are φ̄ + σ_n g, g a unit Matérn field of the prior's ℓ and α: the spread along the wall
    is the posterior's, its correlation the prior's, which reaches further. Figures that average
    along the wall are then less certain than they need be.

    Raises:
        InputError: the count is not positive.
    """
    if count < 1:
        raise InputError(f"{count} samples", "at least one is drawn", "ask for 1 or more")
    held = prior.samples
    if held is not None and len(held) >= count:
        return dataclasses.replace(prior, samples=held[:count])
    distance, field = prior.distance, prior.field
    root = matern_root(
        distance.shape, distance.spacing, spread=1.0, length=field.length_mm, alpha=field.alpha
    )
    scale = prior.spread.values / _deviation(root)
    generator = torch.Generator().manual_seed(seed)
    drawn = np.empty((count, *distance.shape), np.float32)
    for one in drawn:
        white = torch.randn(distance.shape, generator=generator)
        one[...] = idct((white * root)[None, None].float())[0, 0].numpy()
        one[...] = distance.values + scale * one
    meta = dataclasses.replace(prior.meta, samples_from="field")
    return dataclasses.replace(prior, samples=drawn, meta=meta)


def _deviation(root: torch.Tensor) -> NDArray[np.float32]:
    """Standard deviation of the drawn field at each voxel: mirrors at the border raise it there."""
    squares = [cosine_basis(n, n).square().T for n in root.shape]
    variance = along_axes(root.square()[None, None], squares)
    return np.asarray(variance[0, 0].sqrt().numpy(), dtype=np.float32)
