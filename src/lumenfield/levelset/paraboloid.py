"""Closest points on walls known to second order; separate because it is pure geometry.

Near one of its points a wall is the paraboloid a + t + ½(tᵀKt)n: apex a, unit normal n, t in the
tangent plane, K the symmetric shape operator, Kn = 0. Vectors run along the first dimension,
(ndim, n); a symmetric matrix is its upper triangle row by row.
"""

import math
from dataclasses import dataclass

import torch

from lumenfield.tensors import Tensor

__all__ = ["Foot", "closest", "dot", "shape_operator", "times"]

_LEAST = 0.05
"""Least share of the way to the focal point at which a closest point is still unique."""


@dataclass(frozen=True, eq=False)
class Foot:
    """The closest point of a paraboloid.

    It is the apex where `unique` is false: at and beyond the focal points, where no point or
    several are closest, where the paraboloid has turned by more than some 40°, and out of reach.

    Args:
        offset: its place from the apex, (ndim, n).
        distance: how far it is.
        tangential: |t|.
        turn: the slope |tᵀKt|/|t| that the paraboloid has there.
    """

    offset: Tensor
    distance: Tensor
    tangential: Tensor
    turn: Tensor
    unique: Tensor


def closest(place: Tensor, normal: Tensor, shape: Tensor, reach: float = math.inf) -> Foot:
    """Find the closest point of each paraboloid to a place, both from the apex.

    t = (I − wK)⁻¹ τ with τ the tangential part of the place and w = place·n − ½tᵀKt, iterated. In
    the plane of K, (I − wK)⁻¹ = ((1 − w tr K) I + wK) / (1 − w tr K + w² det K).

    Args:
        reach: mm from the apex, farther than which the paraboloid is not believed.
    """
    height = dot(place, normal)
    along = place - height * normal
    bent = times(shape, along)
    trace, determinant = _trace_and_determinant(shape, len(place))
    # τᵀKτ, τᵀK²τ and τᵀK³τ; K² = tr K · K − det K · I in the tangent plane.
    first = dot(along, bent)
    second = trace * first - determinant * dot(along, along)
    third = trace * second - determinant * first
    gap, rise = height, torch.zeros_like(height)
    for _ in range(3):
        rest = 1 - gap * trace
        share = (rest + gap * gap * determinant).clamp(min=_LEAST)
        bow = rest * rest * first + 2 * gap * rest * second + gap * gap * third
        rise = 0.5 * bow / (share * share)
        gap = height - rise
    rest = 1 - gap * trace
    share = rest + gap * gap * determinant
    across = (rest * along + gap * bent) / share.clamp(min=_LEAST)
    tangential = dot(across, across).sqrt()
    turn = 2 * rise.abs() / tangential.clamp(min=1e-30)
    # Comparisons with a number that is not one are false.
    unique = (share > _LEAST) & (rest > 2 * _LEAST - 1) & (turn <= 0.8) & (tangential <= reach)
    offset = torch.where(unique, across + rise * normal, 0.0)
    away = place - offset
    return Foot(offset, dot(away, away).sqrt(), torch.where(unique, tangential, 0.0), turn, unique)


def shape_operator(slope: Tensor, bend: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Give |∇φ|, the normal n = ∇φ/|∇φ| and K = −PHP/|∇φ| with P = I − nnᵀ, from ∇φ and H."""
    norm = dot(slope, slope).sqrt().clamp(min=1e-12)
    normal = slope / norm
    bent = times(bend, normal)
    most = dot(normal, bent)
    ndim = len(slope)
    pairs = [(a, b) for a in range(ndim) for b in range(a, ndim)]
    flat = [
        bend[k] - normal[a] * bent[b] - bent[a] * normal[b] + most * normal[a] * normal[b]
        for k, (a, b) in enumerate(pairs)
    ]
    return norm, normal, -torch.stack(flat) / norm


def times(matrix: Tensor, vector: Tensor) -> Tensor:
    """Multiply symmetric matrices by vectors."""
    ndim = len(vector)
    rows = torch.zeros_like(vector)
    entries = iter(matrix)
    for a in range(ndim):
        for b in range(a, ndim):
            entry = next(entries)
            rows[a] += entry * vector[b]
            if b > a:
                rows[b] += entry * vector[a]
    return rows


def dot(one: Tensor, two: Tensor) -> Tensor:
    """Take the scalar product along the first dimension, in one order on any number of threads."""
    total = one[0] * two[0]
    for a, b in zip(one[1:], two[1:], strict=True):
        total = total + a * b
    return total


def _trace_and_determinant(matrix: Tensor, ndim: int) -> tuple[Tensor, Tensor]:
    """Of the shape operator in its tangent plane: det K = ½((tr K)² − Σ_ab K_ab²)."""
    if ndim == 2:
        return matrix[0] + matrix[2], torch.zeros_like(matrix[0])
    xx, xy, xz, yy, yz, zz = matrix
    return xx + yy + zz, xx * yy + yy * zz + zz * xx - xy * xy - yz * yz - xz * xz
