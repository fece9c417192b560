"""Bounded least squares from many starts at once; separate as it knows nothing of what it fits."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Solved", "least_squares"]

Array = NDArray[np.float64]

_ITERATIONS = 30
_STEP = 1e-5


@dataclass(frozen=True, eq=False)
class Solved:
    """Parameters (start × parameter), misfits (start × misfit) and covariances there."""

    values: Array
    misfits: Array
    covariance: Array


def least_squares(
    misfits: Callable[[Array], Array],
    start: Array,
    free: NDArray[np.bool_],
    bounds: tuple[Array, Array],
    scale: Array,
) -> Solved:
    """Minimise Σ r² from each row of `start` by Levenberg and Marquardt's method.

    Args:
        misfits: rows of parameters to rows of r.
        free: which parameters of each row may change, within the bounds.
        scale: size of a parameter's usual change; differences are taken at 1e-5 of it.
    """
    values = np.clip(start, *bounds)
    now, damping = misfits(values), np.full(len(start), 1e-3)
    cost = (now**2).sum(1)
    for _ in range(_ITERATIONS):
        slopes = _slopes(misfits, values, now, free, scale)
        step = -_solved(slopes, damping, np.einsum("sip,si->sp", slopes, now)) * scale
        tried = np.clip(values + step, *bounds)
        then = misfits(tried)
        better = (then**2).sum(1) < cost
        settled = np.abs(tried - values).max(1, where=free, initial=0.0) < 1e-4
        values, now = np.where(better[:, None], tried, values), np.where(better[:, None], then, now)
        cost, damping = (now**2).sum(1), np.where(better, 0.2 * damping, 8 * damping)
        if (settled | (damping > 1e6)).all():
            break
    slopes = _slopes(misfits, values, now, free, scale)
    unit = np.broadcast_to(np.eye(values.shape[1]), (len(values), *[values.shape[1]] * 2))
    covariance = _solved(slopes, np.full(len(start), 1e-9), unit) * scale[:, None] * scale
    return Solved(values, now, covariance)


def _slopes(
    misfits: Callable[[Array], Array],
    values: Array,
    now: Array,
    free: NDArray[np.bool_],
    scale: Array,
) -> Array:
    """∂r/∂p in units of `scale`; zero for what is fixed."""
    n_starts, n = values.shape
    moved = values[:, None] + _STEP * scale * np.eye(n)
    change = misfits(moved.reshape(-1, n)).reshape(n_starts, n, -1) - now[:, None]
    return np.moveaxis(change / _STEP * free[:, :, None], 1, 2)


def _solved(slopes: Array, damping: Array, right: Array) -> Array:
    """Solve (JᵀJ (1 + λ on its diagonal)) x = right; what is fixed or unseen stays."""
    normal = np.einsum("sip,siq->spq", slopes, slopes)
    diagonal = np.einsum("spp->sp", normal)
    extra = damping[:, None] * diagonal + np.where(diagonal < 1e-12, 1.0, 0.0)
    normal = normal + extra[:, :, None] * np.eye(normal.shape[1])
    return np.linalg.solve(normal, right if right.ndim == 3 else right[..., None]).reshape(
        right.shape
    )
