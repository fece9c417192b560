"""How wrong the radii along a branch may be, together; separate because σ_n or samples tell it."""

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import MaternField
from lumenfield.matern import matern_correlation
from lumenfield.vessels.sections import Sections

__all__ = ["errors_from_samples", "errors_from_spread", "matern"]

Points = NDArray[np.float64]

_NODES = 128
"""Stations whose errors are drawn together; those between are interpolated."""

_RAYS = 8


def errors_from_spread(
    sections: Sections, spread: Points, field: MaternField
) -> NDArray[np.float64]:
    """Give a root E of the covariance of the radii, cov = E Eᵀ, from σ_n along the wall.

    The wall moves along its normal by δ with cov(δ, δ′) = σσ′ρ(|x − x′|), ρ the Matérn
    correlation of the prior's field; a radius moves by the mean of rδ/R over its section. After a
    scan was seen errors reach less far than ℓ, and such means are more certain: this errs on the
    safe side.

    Args:
        spread: n×k, σ_n at `sections.walls`, mm.

    Returns:
        n×m, mm.
    """
    n, k, ndim = sections.directions.shape
    nodes = np.unique(np.linspace(0, n - 1, min(n, _NODES)).round().astype(int))
    rays = np.arange(0, k, max(1, k // _RAYS))
    weight = sections.rays[:, rays] / sections.radius[:, None] * spread[:, rays] / len(rays)
    walls = sections.walls[nodes][:, rays].reshape(-1, ndim)
    gaps = np.sqrt(np.maximum(_squares(walls), 0))
    weighted = weight[nodes].reshape(-1)
    cov = matern(gaps, field, ndim) * weighted[:, None] * weighted
    size = len(nodes)
    cov = cov.reshape(size, len(rays), size, len(rays)).sum((1, 3))
    # The errors of neighbours agree almost wholly: the diagonal keeps the root real.
    root = np.linalg.cholesky(cov + 1e-9 * np.trace(cov) * np.eye(size))
    return np.stack([np.interp(np.arange(n), nodes, column) for column in root.T], axis=1)


def errors_from_samples(sections: Sections, moved: Points) -> NDArray[np.float64]:
    """Give a root of the covariance of the radii from samples of the distance.

    Args:
        moved: s×n×k, what each sample of φ has at `sections.walls`, mm; the wall moves by −φ.
    """
    weight = sections.rays / sections.radius[:, None] / sections.rays.shape[1]
    shifts = -(moved * weight).sum(-1)
    return np.asarray((shifts - shifts.mean(0)).T / np.sqrt(max(len(moved) - 1, 1)))


def matern(gaps: Points, field: MaternField, ndim: int) -> Points:
    """Correlation of a field at distances in mm."""
    nu = field.alpha - ndim / 2
    r = gaps / field.length_mm
    if nu == 1.5:
        return matern_correlation(r, nu)
    # A table: Bessel functions of a million distances take a second.
    at = np.linspace(0, 30, 3000)
    return np.interp(r, at, matern_correlation(at, nu), right=0.0)


def _squares(points: Points) -> Points:
    square = (points**2).sum(1)
    return np.asarray(square[:, None] + square - 2 * points @ points.T)
