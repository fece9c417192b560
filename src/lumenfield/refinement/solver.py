"""The Gauss–Newton system in the whitened cosine basis; separate because it knows no physics."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from lumenfield.datatypes import MaternField
from lumenfield.levelset.spectral import along_axes, cosine_basis, matern_root
from lumenfield.tensors import Fields, Tensor

__all__ = ["Whitened", "conjugate_gradients", "diagonal_guess", "whitened_prior"]

_TAIL = 2e-3
"""Share of the prior's variance that the short waves left out may hold."""


@dataclass(frozen=True, eq=False)
class Whitened:
    """δ = C^½ y with y white, C^½ = level · Bᵀ · root, B the longest cosines on each axis.

    Args:
        bases: one (kept, n) matrix an axis, orthonormal rows.
        root: square roots of the eigenvalues of C, mm, of the kept shape.
        level: evens out the variance, which mirrors double at the border.
    """

    bases: tuple[Tensor, ...]
    root: Tensor
    level: Tensor

    def colour(self, white: Tensor) -> Fields:
        """Turn white coefficients into a field δ on the grid, mm."""
        return self.level * along_axes(self.root * white, [b.T for b in self.bases])

    def gather(self, fields: Fields) -> Tensor:
        """Apply the transpose of `colour`."""
        return self.root * along_axes(self.level * fields, self.bases)


def whitened_prior(
    like: Fields, spacing: tuple[float, ...], field: MaternField, *, tail: float = _TAIL
) -> Whitened:
    """Make the prior's square root on the grid of `like`, without waves that hold no variance.

    The marginal variance is σ_φ² at every voxel, up to the border.
    """
    shape = tuple(like.shape[2:])
    root = matern_root(
        shape, spacing, spread=field.spread_mm, length=field.length_mm, alpha=field.alpha
    )
    kept = _kept(root.square(), spacing, tail)
    root = root[tuple(slice(k) for k in kept)].to(like)
    bases = tuple(cosine_basis(n, k).to(like) for n, k in zip(shape, kept, strict=True))
    variance = along_axes(root.square()[None, None], [b.T.square() for b in bases])
    return Whitened(bases, root, field.spread_mm / variance.sqrt())


def conjugate_gradients(
    matrix: Callable[[Tensor], Tensor],
    right: Tensor,
    start: Tensor,
    *,
    precondition: Callable[[Tensor], Tensor],
    tolerance: float,
    max_iterations: int,
) -> tuple[Tensor, int]:
    """Solve A x = b for every item of a batch, A symmetric and positive.

    Stops when the preconditioned residual of every item is below `tolerance` of that of b.
    """
    x = start
    residual = right - matrix(x) if start.any() else right.clone()
    scaled = precondition(residual)
    size = _dot(residual, scaled)
    goal = tolerance**2 * _dot(right, precondition(right))
    direction = scaled
    for iteration in range(max_iterations):
        if bool((size <= goal).all()):
            return x, iteration
        image = matrix(direction)
        step = size / _dot(direction, image).clamp(min=1e-30)
        x = x + step * direction
        residual = residual - step * image
        scaled = precondition(residual)
        before, size = size, _dot(residual, scaled)
        direction = scaled + (size / before.clamp(min=1e-30)) * direction
    return x, max_iterations


def _dot(a: Tensor, b: Tensor) -> Tensor:
    total = (a * b).flatten(1).sum(1)
    return total.reshape(-1, *[1] * (a.ndim - 1))


def _kept(eigenvalues: Tensor, spacing: tuple[float, ...], tail: float) -> tuple[int, ...]:
    """Find the shortest wave worth keeping, the same length in mm on each axis."""
    whole = eigenvalues.sum()
    shortest = 2 * min(spacing)
    kept = tuple(eigenvalues.shape)
    for factor in range(40, 4, -1):
        # factor 40 is the grid's own shortest wave; 20 is twice as long.
        wave = shortest * 40 / factor
        fewer = tuple(
            min(n, max(1, math.ceil(2 * n * h / wave)))
            for n, h in zip(eigenvalues.shape, spacing, strict=True)
        )
        if eigenvalues[tuple(slice(k) for k in fewer)].sum() < (1 - tail) * whole:
            return kept
        kept = fewer
    return kept


def diagonal_guess(prior: Whitened, weight: Fields) -> Callable[[Tensor], Tensor]:
    """Make a preconditioner: the inverse that holds were W the same everywhere, 1/(1 + w̄ C)."""
    level = weight.flatten(1).mean(1).reshape(-1, *[1] * (weight.ndim - 1))
    inverse = 1 / (1 + level * prior.root.square())
    return lambda y: inverse * y
