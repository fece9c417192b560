"""A prior on another grid, its wall where it was; separate because a solver's grid is its own."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import BoundaryPrior, Volume
from lumenfield.errors import InputError

__all__ = ["resample_prior"]


def resample_prior(prior: BoundaryPrior, grid: Volume) -> BoundaryPrior:
    """Put a prior on another grid: φ̄ and samples by cubic splines, σ_n linearly.

    Past its own grid φ̄ goes on along its end slopes for a few voxels, then stays.

    Args:
        grid: any volume on the solver's grid; of the same dimension, and a slice in the same plane.

    Raises:
        InputError: another dimension, or a grid that does not meet the wall.
    """
    distance = prior.distance
    if grid.ndim != distance.ndim:
        raise InputError(
            f"the grid is {grid.ndim}-D", f"the prior is {distance.ndim}-D", "give a grid like it"
        )
    places = _places(grid, distance)
    values = _read(distance.values, places, 3).reshape(grid.shape)
    if not (values < 0).any() or (values < 0).all():
        raise InputError(
            f"the grid {grid.shape} lies all {'in' if (values < 0).any() else 'out of'} the lumen",
            "a prior needs its wall",
            "check that both are in one world, in millimetres",
        )
    samples = prior.samples
    if samples is not None:
        samples = np.stack([_read(s, places, 3).reshape(grid.shape) for s in samples])
    return dataclasses.replace(
        prior,
        distance=grid.like(values),
        spread=grid.like(_read(prior.spread.values, places, 1).reshape(grid.shape)),
        samples=samples,
    )


def _places(grid: Volume, source: Volume) -> NDArray[np.float64]:
    """Where the voxels of a grid are in another, ndim×n, in its voxels."""
    move = np.linalg.inv(source.affine) @ grid.affine
    index = np.indices(grid.shape).reshape(grid.ndim, -1)
    rows = move[: source.ndim, : grid.ndim]
    return np.asarray(rows @ index + move[: source.ndim, 3:])


_MARGIN = 8


def _read(
    values: NDArray[np.floating], places: NDArray[np.float64], order: int
) -> NDArray[np.float32]:
    from scipy.ndimage import map_coordinates

    wide = np.pad(values.astype(np.float64), _MARGIN, mode="reflect", reflect_type="odd")
    found = map_coordinates(wide, places + _MARGIN, order=order, mode="nearest")
    return np.asarray(found, dtype=np.float32)
