"""Voxels by one number or by their places; separate since every sparse step turns one to other.

A flat number counts voxels over `item *grid`, the last axis fastest; places are (ndim, n).
"""

import math

import torch

from lumenfield.tensors import Tensor

__all__ = ["flat_numbers", "item_of", "places_of", "step_aside"]


def places_of(numbers: Tensor, grid: tuple[int, ...]) -> Tensor:
    """Whole-number places in the grid of flat numbers over any batch of grids."""
    rest, places = numbers, []
    for n in reversed(grid):
        places.append(rest % n)
        rest = torch.div(rest, n, rounding_mode="floor")
    return torch.stack(places[::-1])


def item_of(numbers: Tensor, grid: tuple[int, ...]) -> Tensor:
    """Which grid of the batch each flat number lies in."""
    return torch.div(numbers, math.prod(grid), rounding_mode="floor")


def flat_numbers(items: Tensor, places: Tensor, grid: tuple[int, ...]) -> Tensor:
    """Undo `places_of` and `item_of`; places off the grid count as the nearest on it."""
    total = items
    for place, n in zip(places, grid, strict=True):
        total = total * n + place.clamp(0, n - 1)
    return total


def step_aside(
    numbers: Tensor, places: Tensor, grid: tuple[int, ...], axis: int, step: int
) -> Tensor:
    """Flat numbers `step` voxels along an axis; unchanged where that leaves the grid."""
    to = places[axis] + step
    stays = (to < 0) | (to >= grid[axis])
    return torch.where(stays, numbers, numbers + step * math.prod(grid[axis + 1 :]))
