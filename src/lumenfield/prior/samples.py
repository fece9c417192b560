"""Draws of the wall from a pack alone; separate because the scan is not seen again."""

import dataclasses

import numpy as np
import torch

from lumenfield.datatypes import BoundaryPrior
from lumenfield.errors import InputError
from lumenfield.levelset.spectral import draw_matern

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
    generator = torch.Generator().manual_seed(seed)
    distance = prior.distance
    drawn = np.stack([_drawn(prior, generator) for _ in range(count)])
    return dataclasses.replace(
        prior,
        samples=distance.values.astype(np.float32) + prior.spread.values * drawn,
        meta=dataclasses.replace(prior.meta, samples_from="field"),
    )


def _drawn(prior: BoundaryPrior, generator: torch.Generator) -> np.ndarray:
    field = draw_matern(
        prior.distance.shape,
        prior.distance.spacing,
        spread=1.0,
        length=prior.field.length_mm,
        alpha=prior.field.alpha,
        generator=generator,
    )
    return np.asarray(field[0, 0].numpy())
