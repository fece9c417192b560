"""How fast φ changes, on the whole grid or near the front; separate from when and how long.

Each takes φ and gives φ_t for the voxels of a `Region`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from lumenfield.levelset.places import flat_numbers, item_of, places_of
from lumenfield.levelset.stencils import (
    ONE_SIDED,
    REACH,
    curvature,
    godunov,
    gradient_norm,
    one_sided,
)
from lumenfield.tensors import Fields, Tensor

__all__ = ["Region", "along_flow", "along_normal", "whole", "within"]


@dataclass(frozen=True, eq=False)
class Region:
    """Where φ moves: every voxel, or those of flat `numbers` at their `places`."""

    numbers: Tensor | None = None
    places: Tensor | None = None

    def of(self, field: Tensor) -> Tensor:
        """Pick the region's voxels from a grid."""
        return field if self.numbers is None else field.reshape(-1)[self.numbers]

    def moved(self, phi: Fields, change: Tensor) -> Fields:
        """Add a change to the region's voxels."""
        if self.numbers is None:
            return phi + change
        flat = phi.reshape(-1).clone()
        flat[self.numbers] += change
        return flat.reshape(phi.shape)


def whole() -> Region:
    """Move every voxel."""
    return Region()


def within(phi: Fields, width: float) -> Region:
    """Move only voxels with |φ| < `width`, mm."""
    numbers = (phi.abs() < width).reshape(-1).nonzero()[:, 0]
    return Region(numbers, places_of(numbers, tuple(phi.shape[2:])))


def along_normal(
    phi: Fields, speed: Fields, bend: float, spacing: tuple[float, ...], order: str, region: Region
) -> Tensor:
    """φ_t = −V|∇φ| + b κ|∇φ|, the first term upwind."""
    there = region.of(speed)
    rate = -there * godunov(_sides(phi, spacing, order, region), there)
    if bend:
        rate = rate + bend * region.of(curvature(phi, spacing) * gradient_norm(phi, spacing))
    return rate


def along_flow(
    phi: Fields, flow: Tensor, spacing: tuple[float, ...], order: str, region: Region
) -> Tensor:
    """φ_t = −u·∇φ, each derivative upwind of its component; `flow` is batch ndim *grid."""
    rate = torch.zeros_like(region.of(phi))
    for axis, (backward, forward) in enumerate(_sides(phi, spacing, order, region)):
        u = region.of(flow[:, axis : axis + 1])
        rate -= u * torch.where(u > 0, backward, forward)
    return rate


def _sides(
    phi: Fields, spacing: tuple[float, ...], order: str, region: Region
) -> Sequence[tuple[Tensor, Tensor]]:
    if region.numbers is None or region.places is None:
        return [one_sided(phi, axis, h, order) for axis, h in enumerate(spacing)]
    grid, reach = tuple(phi.shape[2:]), REACH[order]
    flat, item, sides = phi.reshape(-1), item_of(region.numbers, grid), []
    for axis, h in enumerate(spacing):
        lines = _line(flat, item, region.places, grid, axis, reach)
        steps = [(b - a) / h for a, b in pairwise(lines)]
        sides.append(ONE_SIDED[order](steps))
    return sides


def _line(
    flat: Tensor, item: Tensor, places: Tensor, grid: tuple[int, ...], axis: int, reach: int
) -> list[Tensor]:
    """φ at the voxels around each along one axis; past the border along the end slope."""
    found = []
    n = grid[axis]
    ends = []
    for end in (0, n - 1):
        at = places.clone()
        at[axis] = end
        one = flat[flat_numbers(item, at, grid)]
        at[axis] = min(max(abs(end - 1), 0), n - 1)
        ends.append((one, one - flat[flat_numbers(item, at, grid)]))
    for step in range(-reach, reach + 1):
        at = places.clone()
        at[axis] += step
        inner = flat[flat_numbers(item, at, grid)]
        before, after = -at[axis], at[axis] - (n - 1)
        inner = torch.where(before > 0, ends[0][0] + before * ends[0][1], inner)
        found.append(torch.where(after > 0, ends[1][0] + after * ends[1][1], inner))
    return found
