"""Signed distances restored without moving the wall; separate because every stage ends with it."""

import itertools
import math
from typing import Literal

import torch

from lumenfield.levelset.blocks import nearest_blocks, voxels_of
from lumenfield.levelset.paraboloid import Foot
from lumenfield.levelset.places import flat_numbers, item_of, step_aside
from lumenfield.levelset.wall import Wall, find_wall
from lumenfield.tensors import Fields, Tensor

__all__ = ["redistance"]

_PASSES = 2
"""Rounds in which voxels look at the wall points of those beside them; more change nothing."""


def redistance(
    phi: Fields,
    spacing: tuple[float, ...],
    *,
    band: float = 4.0,
    far: Literal["transform", "clip"] = "transform",
) -> Fields:
    """Restore |∇φ| = 1 around the zero level, which stays where it was.

    φ = ±|x − y| with y the closest point of the zero level of the cubic spline through φ. The
    wall is found by Newton's method beside each voxel where φ changes sign. From there on it is
    the paraboloids that touch it: y is the closest point of the one near y. At medial sheets,
    beyond the focal points, y is the nearest of the points found. A wall that leaves the grid
    goes on beyond it as its paraboloid does.

    Args:
        phi: any continuous field, negative in the lumen; only its zero level matters.
        spacing: mm, one for each grid axis.
        band: half-width in units of the longest voxel edge.
        far: outside the band, the distance to some tenths of a voxel, or ± the band.

    Returns:
        Signed distance, mm. The sign of every voxel is that of `phi`. A grid without a wall
        gets ± the grid's diagonal, or ± the band. The same bytes on any number of threads.
    """
    width = band * max(spacing)
    diagonal = math.hypot(*(n * h for n, h in zip(phi.shape[2:], spacing, strict=True)))
    limit = width if far == "clip" else diagonal
    wall = find_wall(phi, spacing)
    distance = torch.full_like(phi, limit).contiguous()
    if len(wall.voxels):
        _fill(distance, wall, width, far)
        distance.clamp_(max=limit)
    # A lumen voxel on the wall itself must stay negative.
    return torch.where(phi < 0, -distance.clamp(min=1e-6 * min(spacing)), distance)


def _fill(distance: Tensor, wall: Wall, width: float, far: str) -> None:
    """Put unsigned distances where they are sought."""
    grid, flat = tuple(distance.shape[2:]), distance.view(-1)
    reach = width + 0.75 * math.hypot(*wall.spacing)
    blocks = nearest_blocks(wall, grid, reach if far == "clip" else math.inf)
    near = blocks.gap <= reach
    if far == "transform":
        for around, some in ((False, ~near & ~blocks.torn), (True, ~near & blocks.torn)):
            voxels, where, number = voxels_of(
                blocks, blocks.chosen[some], wall, grid, around=around
            )
            flat[voxels] = wall.square_gap(number, wall.millimetres(where)).sqrt()
    voxels, where, number = voxels_of(blocks, blocks.chosen[near], wall, grid, around=True)
    number = _passed_on(voxels, where, number, wall, grid)
    flat[voxels] = _distances(voxels, where, number, wall, grid)


def _passed_on(
    voxels: Tensor, where: Tensor, number: Tensor, wall: Wall, grid: tuple[int, ...]
) -> Tensor:
    """Take over the wall points of the voxels beside each that are nearer."""
    place = wall.millimetres(where)
    known = wall.number.clone()
    own = known[voxels]
    best = torch.where(own >= 0, own, number)
    held = wall.square_gap(best, place)
    known[voxels] = best
    beside = [
        step_aside(voxels, where, grid, axis, side)
        for axis, side in itertools.product(range(len(grid)), (-1, 1))
    ]
    for _ in range(_PASSES):
        for voxels_beside in beside:
            offer = known[voxels_beside]
            offer = torch.where(offer >= 0, offer, best)
            gap = wall.square_gap(offer, place)
            wins = gap < held
            held, best = torch.where(wins, gap, held), torch.where(wins, offer, best)
            known[voxels] = best
    return best


def _distances(
    voxels: Tensor, where: Tensor, number: Tensor, wall: Wall, grid: tuple[int, ...]
) -> Tensor:
    """Distance of each voxel, by way of a wall point near it to the one near its closest point."""
    place = wall.millimetres(where)
    first = wall.foot(number, place)
    y = wall.apex.index_select(1, number) + first.offset
    at = (y / y.new_tensor(wall.spacing)[:, None]).round().long()
    leaves = ((at < 0) | (at >= at.new_tensor(grid)[:, None])).any(0)
    walked = wall.number[flat_numbers(item_of(voxels, grid), at, grid)]
    own = wall.number[voxels]
    last = torch.where(own >= 0, own, torch.where(walked >= 0, walked, number))
    nearest = wall.square_gap(number, place).minimum(wall.square_gap(last, place)).sqrt()
    distance = wall.foot(last, place, math.hypot(*wall.spacing)).distance
    beyond = leaves & (own < 0) & first.unique & (first.turn < 0.25)
    return torch.where(beyond, _beyond(first), distance).minimum(nearest)


def _beyond(foot: Foot) -> Tensor:
    """Distance to a wall that goes on outside the grid, as far as it is seen at 16° or more."""
    more = (foot.tangential - 3.5 * foot.distance).clamp(min=0)
    return (foot.distance * foot.distance + more * more).sqrt()
