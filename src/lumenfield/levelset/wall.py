"""The zero level of grids as points with normals and curvatures; separate from who asks for them.

All lengths are in mm from the first voxel's centre; vectors run along the first dimension.
"""

import math
from dataclasses import dataclass

import torch

from lumenfield.levelset.interpolate import jets, spline_coefficients
from lumenfield.levelset.paraboloid import Foot, closest, dot, shape_operator
from lumenfield.levelset.places import item_of, places_of, step_aside
from lumenfield.tensors import Fields, Tensor

__all__ = ["Wall", "find_wall"]

_TURNS = 6
"""Newton steps at most; two are enough on smooth walls."""

_SETTLED = 0.03
"""A step shorter than this, in the shortest voxel edge, needs no other: the next is its square."""


@dataclass(frozen=True, eq=False)
class Wall:
    """The paraboloid that touches the wall next to each voxel beside it.

    Args:
        spacing: mm, one for each grid axis.
        voxels: flat numbers of the voxels with a sign change next to them, (n).
        number: the other way round, for every voxel; −1 where there is no sign change.
        apex: a point of the wall, at or very near the closest to that voxel, (ndim, n).
        normal: outward, (ndim, n).
        shape: upper triangle of K, per mm; see `paraboloid`.
    """

    spacing: tuple[float, ...]
    voxels: Tensor
    number: Tensor
    apex: Tensor
    normal: Tensor
    shape: Tensor

    def millimetres(self, places: Tensor) -> Tensor:
        """Turn places in voxels into millimetres."""
        return places * self.apex.new_tensor(self.spacing)[:, None]

    def square_gap(self, numbers: Tensor, place: Tensor) -> Tensor:
        """Squared distance from places to the apexes of these numbers."""
        total = torch.zeros_like(place[0])
        for apex, x in zip(self.apex, place, strict=True):
            step = x - apex.index_select(0, numbers)
            total.addcmul_(step, step)
        return total

    def foot(self, numbers: Tensor, place: Tensor, reach: float = math.inf) -> Foot:
        """Closest points of the paraboloids of these numbers; see `closest`."""
        normal, shape = self.normal.index_select(1, numbers), self.shape.index_select(1, numbers)
        return closest(place - self.apex.index_select(1, numbers), normal, shape, reach)

    def nearer(self, held: Tensor, offered: Tensor, place: Tensor) -> Tensor:
        """Of two apexes for each place, the number of the nearer; an offer of −1 is none."""
        offered = torch.where(offered >= 0, offered, held)
        wins = self.square_gap(offered, place) < self.square_gap(held, place)
        return torch.where(wins, offered, held)


def find_wall(phi: Fields, spacing: tuple[float, ...]) -> Wall:
    """Find the wall beside each voxel by Newton's method on the cubic spline through φ.

    Each step goes to the closest point of the paraboloid that the spline's value, slope and
    Hessian give. Where that does not settle near the voxel, at kinks and in slits, the wall is
    the plane through the sign changes along the axes, at 1/√Σd_a⁻².

    Source: Saye, Commun. Appl. Math. Comput. Sci. 9 (2014) 107; Russo & Smereka, J. Comput. Phys.
    163 (2000) 51.
    """
    voxels = _beside(phi)
    place, start, bound = _crossing(phi, voxels, spacing)
    away = start - place
    outward = torch.where(phi.reshape(-1)[voxels] < 0, 1.0, -1.0).to(phi.dtype)
    plain = away * (outward / dot(away, away).sqrt().clamp(min=1e-30))
    n_pairs = len(spacing) * (len(spacing) + 1) // 2
    apex, normal, shape = start.clone(), plain, phi.new_zeros(n_pairs, len(voxels))
    which = item_of(voxels, tuple(phi.shape[2:]))
    coefficients = spline_coefficients(phi)
    active, now = torch.arange(len(voxels), device=phi.device), start
    for _ in range(_TURNS):
        touching, step, good = _newton(coefficients, which[active], now, place[:, active], spacing)
        settled = (dot(step, step) < (_SETTLED * min(spacing)) ** 2) & good
        found = touching[0] + touching[3] - place[:, active]
        settled &= dot(found, found).sqrt() <= bound[active] + 0.25 * min(spacing)
        done = active[settled]
        for target, source in zip((apex, normal, shape), touching, strict=False):
            target[:, done] = source[:, settled]
        active, now = active[~settled], (now + step)[:, ~settled]
        if len(active) == 0:
            break
    number = torch.full((phi.numel(),), -1, device=phi.device)
    number[voxels] = torch.arange(len(voxels), device=phi.device)
    return Wall(spacing, voxels, number, apex, normal, shape)


def _newton(
    coefficients: Tensor, which: Tensor, now: Tensor, place: Tensor, spacing: tuple[float, ...]
) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
    """The paraboloid at `now` with its closest point to `place`, the step there, and if it is one.

    A step is at most half the shortest voxel edge, towards the wall and along it.
    """
    edge = now.new_tensor(spacing)[:, None]
    value, slope, bend = jets(coefficients, which, now / edge)
    ndim = len(spacing)
    pairs = [edge[a] * edge[b] for a in range(ndim) for b in range(a, ndim)]
    norm, normal, shape = shape_operator(slope / edge, bend / torch.stack(pairs))
    half = 0.5 * min(spacing)
    apex = now - (value / norm).clamp(-half, half) * normal
    foot = closest(place - apex, normal, shape)
    along = foot.offset * _capped(foot.tangential, half)
    return (apex, normal, shape, along), apex + along - now, foot.unique


def _capped(length: Tensor, most: float) -> Tensor:
    return most / length.clamp(min=most)


def _beside(phi: Tensor) -> Tensor:
    """Flat numbers of the voxels with a sign change to the next voxel along some axis."""
    inside = phi < 0
    found = torch.zeros_like(inside)
    for dim in range(2, phi.ndim):
        n = phi.shape[dim]
        crosses = inside.narrow(dim, 0, n - 1) != inside.narrow(dim, 1, n - 1)
        found.narrow(dim, 0, n - 1).logical_or_(crosses)
        found.narrow(dim, 1, n - 1).logical_or_(crosses)
    return found.reshape(-1).nonzero()[:, 0]


def _crossing(
    phi: Tensor, voxels: Tensor, spacing: tuple[float, ...]
) -> tuple[Tensor, Tensor, Tensor]:
    """Voxel centres, the foot of the plane through the crossings beside each, and the nearest.

    Crossings at ±d_a along the axes span a plane; its foot is at (±1/d_a) / Σ 1/d².
    """
    flat, grid = phi.reshape(-1), tuple(phi.shape[2:])
    here, where = flat[voxels], places_of(voxels, grid)
    inverse = []
    for axis, h in enumerate(spacing):
        reach = []
        for side in (1, -1):
            there = flat[step_aside(voxels, where, grid, axis, side)]
            share = here.abs() / (here.abs() + there.abs()).clamp(min=1e-30)
            crosses = (there < 0) != (here < 0)
            reach.append(torch.where(crosses, 1 / (h * share.clamp(min=1e-4)), 0.0))
        inverse.append(torch.where(reach[0] >= reach[1], reach[0], -reach[1]))
    toward = torch.stack(inverse)
    place = where * phi.new_tensor(spacing)[:, None]
    return place, place + toward / dot(toward, toward), 1 / toward.abs().amax(0)
