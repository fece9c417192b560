"""Which wall point is near each block of voxels; separate since a rough answer will do here.

Blocks are two voxels along each axis: an eighth of the work, and the paraboloids make up for it.
"""

import itertools
import math
from dataclasses import dataclass

import torch

from lumenfield.levelset.places import flat_numbers, item_of, places_of, step_aside
from lumenfield.levelset.wall import Wall
from lumenfield.tensors import Tensor

__all__ = ["Blocks", "nearest_blocks", "voxels_of"]

_BESIDE = 4.0
"""Blocks side by side whose wall points are farther apart, in longest edges, are torn."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of two voxels along each axis that are near a wall.

    Args:
        grid: blocks along each axis.
        number: of a wall point near each block, flat over `item *grid`; −1 where none was sought.
        chosen: flat numbers of the blocks that have one, (n).
        gap: from their centres to that wall point, mm, (n).
        torn: whether one beside them belongs to quite another part of the wall, (n).
    """

    grid: tuple[int, ...]
    number: Tensor
    chosen: Tensor
    gap: Tensor
    torn: Tensor


def nearest_blocks(wall: Wall, grid: tuple[int, ...], reach: float) -> Blocks:
    """Find a wall point that is near each block whose centre is within `reach` of the wall.

    Args:
        grid: voxels along each axis.
        reach: mm; infinite for every block of a grid that has a wall.
    """
    coarse = tuple(math.ceil(n / 2) for n in grid)
    number = _own(wall, grid, coarse)
    edge = tuple(2 * h for h in wall.spacing)
    # A block's point may lie a block's diagonal nearer than its centre.
    number = _spread(number, edge, reach + math.hypot(*edge)).reshape(-1)
    chosen = (number >= 0).nonzero()[:, 0]
    where = places_of(chosen, coarse)
    place = wall.millimetres(2 * where + 0.5)
    number[chosen] = _walked(wall, number[chosen], place, grid)
    number[chosen] = _sharpened(wall, number[chosen], place, grid)
    for leap in (4, 2, 1) if math.isinf(reach) else (1,):
        _passed_on(wall, number, chosen, where, place, coarse, leap)
    if math.isinf(reach):
        number[chosen] = _walked(wall, number[chosen], place, grid)
    gap = wall.square_gap(number[chosen], place).sqrt()
    near = gap <= reach
    torn = _torn(wall, number.reshape(-1, *coarse))[chosen]
    return Blocks(coarse, number, chosen[near], gap[near], torn[near])


def voxels_of(
    blocks: Blocks, chosen: Tensor, wall: Wall, grid: tuple[int, ...], *, around: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """List the voxels of some blocks, with a wall point near each.

    Args:
        chosen: flat numbers of blocks.
        around: also look at the points of the blocks towards which the voxel lies in its own.

    Returns:
        Flat numbers of the voxels, their places, and numbers of wall points.
    """
    item, corner = item_of(chosen, blocks.grid), places_of(chosen, blocks.grid)
    found = []
    for bits in itertools.product((0, 1), repeat=len(grid)):
        offset = corner.new_tensor(bits)[:, None]
        where = 2 * corner + offset
        exists = (where < corner.new_tensor(grid)[:, None]).all(0)
        place, best = wall.millimetres(where), blocks.number[chosen]
        for steps in itertools.product((0, 1), repeat=len(grid)) if around else ():
            beside = corner + corner.new_tensor(steps)[:, None] * (2 * offset - 1)
            offer = blocks.number[flat_numbers(item, beside, blocks.grid)]
            best = wall.nearer(best, offer, place)
        found.append((flat_numbers(item, where, grid)[exists], where[:, exists], best[exists]))
    voxels, places, numbers = zip(*found, strict=True)
    return torch.cat(voxels), torch.cat(places, 1), torch.cat(numbers)


def _own(wall: Wall, grid: tuple[int, ...], coarse: tuple[int, ...]) -> Tensor:
    """Number, for each block, of one of the voxels beside the wall in it."""
    where = torch.div(places_of(wall.voxels, grid), 2, rounding_mode="floor")
    flat = flat_numbers(item_of(wall.voxels, grid), where, coarse)
    items = wall.number.numel() // math.prod(grid)
    number = torch.full((items * math.prod(coarse),), -1, device=flat.device)
    # The largest of the numbers that meet in a block, so that no thread's order matters.
    number.scatter_reduce_(0, flat, torch.arange(len(flat), device=flat.device), "amax")
    return number.reshape(items, *coarse)


def _spread(number: Tensor, edge: tuple[float, ...], reach: float) -> Tensor:
    """Give every block the number of the nearest one that has one, no farther than `reach`."""
    if math.isinf(reach):
        return torch.stack([_spread_everywhere(item, edge) for item in number])
    # Separable minimum over x' of |x − x'|², one axis after another.
    square = torch.where(number >= 0, 0.0, math.inf)
    for axis, h in enumerate(edge, start=1):
        best, chosen = square.clone(), number.clone()
        n = number.shape[axis]
        for k in range(1, min(math.floor(reach / h), n - 1) + 1):
            for source, target in ((k, 0), (0, k)):
                offer = square.narrow(axis, source, n - k) + (k * h) ** 2
                held, label = best.narrow(axis, target, n - k), chosen.narrow(axis, target, n - k)
                wins = offer < held
                held.copy_(torch.where(wins, offer, held))
                label.copy_(torch.where(wins, number.narrow(axis, source, n - k), label))
        square, number = best, chosen
    return torch.where(square <= reach**2, number, -1)


def _spread_everywhere(number: Tensor, edge: tuple[float, ...]) -> Tensor:
    from scipy.ndimage import distance_transform_edt

    empty = (number < 0).cpu().numpy()
    if empty.all():
        return number
    where = distance_transform_edt(
        empty, sampling=edge, return_distances=False, return_indices=True
    )
    return number[torch.as_tensor(where, device=number.device).unbind(0)]


def _passed_on(
    wall: Wall,
    number: Tensor,
    chosen: Tensor,
    where: Tensor,
    place: Tensor,
    grid: tuple[int, ...],
    leap: int,
) -> None:
    """Take over, in place, the points of blocks some way off along each axis that are nearer."""
    for axis, side in itertools.product(range(len(grid)), (-leap, leap)):
        offer = number[step_aside(chosen, where, grid, axis, side)]
        number[chosen] = wall.nearer(number[chosen], offer, place)


def _walked(wall: Wall, number: Tensor, place: Tensor, grid: tuple[int, ...]) -> Tensor:
    """Go on to the wall point beside the voxel that holds the paraboloid's closest point."""
    foot = wall.foot(number, place, 3 * max(wall.spacing))
    y = wall.apex.index_select(1, number) + foot.offset
    at = (y / y.new_tensor(wall.spacing)[:, None]).round().long()
    item = item_of(wall.voxels, grid)[number]
    return wall.nearer(number, wall.number[flat_numbers(item, at, grid)], place)


def _sharpened(wall: Wall, number: Tensor, place: Tensor, grid: tuple[int, ...]) -> Tensor:
    """Take the nearest of the wall points that share a block with the one held."""
    corner = torch.div(places_of(wall.voxels, grid), 2, rounding_mode="floor") * 2
    item, start = item_of(wall.voxels, grid), number
    for bits in itertools.product((0, 1), repeat=len(grid)):
        beside = flat_numbers(item, corner + corner.new_tensor(bits)[:, None], grid)
        number = wall.nearer(number, wall.number[beside][start], place)
    return number


def _torn(wall: Wall, number: Tensor) -> Tensor:
    """Mark blocks beside one that is nearest to quite another part of the wall, flat."""
    found = torch.zeros_like(number, dtype=torch.bool)
    most = (_BESIDE * max(wall.spacing)) ** 2
    for dim in range(1, number.ndim):
        n = number.shape[dim]
        one, two = (number.narrow(dim, k, n - 1).reshape(-1).clamp(min=0) for k in (0, 1))
        apart = wall.square_gap(one, wall.apex.index_select(1, two)) > most
        for k in (0, 1):
            side = found.narrow(dim, k, n - 1)
            side.logical_or_(apart.reshape(side.shape))
    return found.reshape(-1)
