"""Signed distances restored without moving the wall; separate because every stage ends with it."""

import itertools
import math
from typing import Literal

import numpy as np
import torch
from torch.nn import functional

from lumenfield.levelset.interpolate import jets, spline_coefficients
from lumenfield.tensors import Fields, Tensor

__all__ = ["redistance"]

_SETTLED = 1e-4
"""Newton has settled when the next step is shorter than this, in the shortest voxel edge."""

_CHUNK = 1 << 16
"""Closest points sought at once; bounds the memory of 64 spline taps for each."""


def redistance(
    phi: Fields,
    spacing: tuple[float, ...],
    *,
    band: float = 4.0,
    far: Literal["transform", "clip"] = "transform",
) -> Fields:
    """Restore |∇φ| = 1 around the zero level, which stays where it was.

    In the band, φ = ±|x − y| with y the closest point of the zero level of the cubic spline
    through φ, found by Newton's method on the Lagrangian of min |x − y|² under φ(y) = 0. Where
    Newton does not settle, at kinks and medial sheets, y is the closest of the points where the
    spline's wall was found beside each voxel.

    Args:
        phi: any continuous field, negative in the lumen; only its zero level matters.
        spacing: mm, one for each grid axis.
        band: half-width in units of the longest voxel edge.
        far: outside the band, a distance transform to the wall's own points, or ± the band.

    Returns:
        Signed distance, mm. The sign of every voxel is that of `phi`. A grid without a wall
        gets ± the grid's diagonal, or ± the band.

    Source: Saye, Commun. Appl. Math. Comput. Sci. 9 (2014) 107.
    """
    width = band * max(spacing)
    flat = phi.flatten(0, 1)
    done = [_one(item, spacing, width, far) for item in flat]
    return torch.stack(done).reshape(phi.shape)


def _one(phi: Tensor, spacing: tuple[float, ...], width: float, far: str) -> Tensor:
    limit = (
        width
        if far == "clip"
        else math.hypot(*(n * h for n, h in zip(phi.shape, spacing, strict=True)))
    )
    inside = phi < 0
    distance = torch.full_like(phi, limit)
    if inside.any() and not inside.all():
        distance = _distances(phi, spacing, width, far).clamp(max=limit)
    # A lumen voxel on the wall itself must stay negative.
    smallest = 1e-6 * min(spacing)
    return torch.where(inside, -distance.clamp(min=smallest), distance)


def _distances(phi: Tensor, spacing: tuple[float, ...], width: float, far: str) -> Tensor:
    """Unsigned distances of one grid that has a wall."""
    margin = [min(math.ceil(width / h), 4 * n) for n, h in zip(phi.shape, spacing, strict=True)]
    wide = phi
    for axis, m in enumerate(margin):
        wide = _continued(wide, axis, m)
    wall = _Wall(wide, spacing)
    nearest, reached = _nearest(wall.beside, spacing, width, far)
    core = tuple(slice(m, m + n) for m, n in zip(margin, phi.shape, strict=True))
    asked = torch.zeros_like(reached)
    asked[core] = reached[core]
    distance = torch.full_like(wide, math.inf)
    voxels = asked.nonzero()
    distance[asked] = wall.distance_from(voxels, wall.nearer(voxels, nearest))
    if far == "transform":
        rest = torch.zeros_like(reached)
        rest[core] = ~reached[core]
        offset = (rest.nonzero() - wall.feet[nearest[rest]]) * wall.spacing
        distance[rest] = offset.norm(dim=-1)
    return distance[core]


def _continued(phi: Tensor, axis: int, width: int) -> Tensor:
    """Continue a grid past both ends of one axis along its end slopes, layer by layer.

    A side of the wall may spread by one voxel a layer, as an oblique wall does, but not begin: a
    wall that is nowhere in the grid is not invented beside it.
    """
    for _ in range(width):
        n = phi.shape[axis]
        inner = 1 if n > 1 else 0
        before = _next_layer(phi.narrow(axis, 0, 1), phi.narrow(axis, inner, 1))
        after = _next_layer(phi.narrow(axis, n - 1, 1), phi.narrow(axis, n - 1 - inner, 1))
        phi = torch.cat([before, phi, after], axis)
    return phi


def _next_layer(last: Tensor, previous: Tensor) -> Tensor:
    beyond = 2 * last - previous
    pool = functional.max_pool2d if last.ndim == 2 else functional.max_pool3d
    inside = (last < 0).to(last.dtype)[None, None]
    may_be_inside = pool(inside, 3, stride=1, padding=1)[0, 0] > 0
    may_be_outside = pool(1 - inside, 3, stride=1, padding=1)[0, 0] > 0
    begins = torch.where(beyond < 0, ~may_be_inside, ~may_be_outside)
    return torch.where(begins, last, beyond)


class _Wall:
    """The zero level of one grid's cubic spline, as the points found beside its voxels.

    `beside` numbers the voxels that have a sign change next to them, −1 elsewhere; `feet` holds
    the wall point of each in voxels.
    """

    def __init__(self, phi: Tensor, spacing: tuple[float, ...]) -> None:
        self.spacing = torch.tensor(spacing, dtype=phi.dtype, device=phi.device)
        self.shortest = min(spacing)
        self.coefficients = spline_coefficients(phi[None, None], phi.ndim)[0]
        inverse, sign = _crossings(phi, spacing)
        weight = sum((i * i for i in inverse), torch.zeros_like(phi))
        found = weight > 0
        self.beside = torch.full(phi.shape, -1, dtype=torch.long, device=phi.device)
        self.beside[found] = torch.arange(int(found.sum()), device=phi.device)
        # Crossings at d_a on each axis span a plane; its foot is at (1/d_a) / Σ 1/d².
        toward = torch.stack([i[found] * s[found] for i, s in zip(inverse, sign, strict=True)], -1)
        self.feet = found.nonzero() + toward / weight[found, None] / self.spacing
        for _ in range(3):
            self.feet = self.feet + self._onto(self.feet)

    def nearer(self, voxels: Tensor, nearest: Tensor) -> Tensor:
        """Improve each voxel's wall point by those of its neighbours, passed on twice."""
        last = torch.tensor(nearest.shape, device=voxels.device) - 1
        best = nearest[tuple(voxels.T)]
        offsets = [o for o in itertools.product((-1, 0, 1), repeat=len(last)) if any(o)]
        for _ in range(2):
            held = self._gap(voxels, best)
            for offset in offsets:
                beside = torch.minimum((voxels + voxels.new_tensor(offset)).clamp(min=0), last)
                offer = nearest[tuple(beside.T)]
                gap = self._gap(voxels, offer.clamp(min=0))
                wins = (gap < held) & (offer >= 0)
                held, best = torch.where(wins, gap, held), torch.where(wins, offer, best)
            nearest = nearest.clone()
            nearest[tuple(voxels.T)] = best
        return best

    def _gap(self, voxels: Tensor, nearest: Tensor) -> Tensor:
        return ((voxels - self.feet[nearest]) * self.spacing).square().sum(-1)

    def distance_from(self, voxels: Tensor, nearest: Tensor) -> Tensor:
        """Distance in mm from voxel centres, given the number of a wall point near each."""
        parts = zip(voxels.split(_CHUNK), nearest.split(_CHUNK), strict=True)
        return torch.cat([self._closest(v.to(self.feet.dtype), n) for v, n in parts])

    def _closest(self, x: Tensor, nearest: Tensor) -> Tensor:
        start = self.feet[nearest]
        bound = ((x - start) * self.spacing).norm(dim=-1)
        y, active = start.clone(), torch.arange(len(x), device=x.device)
        settled = torch.zeros(len(x), dtype=torch.bool, device=x.device)
        multiplier = torch.zeros(len(x), dtype=x.dtype, device=x.device)
        for turn in range(6):
            step, moved = self._newton(x[active], y[active], multiplier, turn == 0)
            multiplier = moved
            length = (step * self.spacing).norm(dim=-1)
            step = step * (self.shortest / length.clamp(min=self.shortest))[:, None]
            y[active] = y[active] + step
            small = length < _SETTLED * self.shortest
            settled[active[small]] = True
            active, multiplier = active[~small], multiplier[~small]
            if len(active) == 0:
                break
        distance = ((x - y) * self.spacing).norm(dim=-1)
        # The wall point at the start is a bound: whatever lies beyond it is another root.
        good = settled & (distance <= bound + 0.02 * self.shortest)
        return torch.where(good, distance, bound)

    def _newton(
        self, x: Tensor, y: Tensor, multiplier: Tensor, first: bool
    ) -> tuple[Tensor, Tensor]:
        """One step for y (voxels) and the Lagrange multiplier of φ(y) = 0, in mm units."""
        value, slope, bend = self._jet(y)
        gap = (y - x) * self.spacing
        if first:
            multiplier = -(gap * slope).sum(-1) / (slope * slope).sum(-1).clamp(min=1e-12)
        n = x.shape[-1]
        system = x.new_zeros(len(x), n + 1, n + 1)
        system[:, :n, :n] = torch.eye(n, dtype=x.dtype, device=x.device)
        system[:, :n, :n] += multiplier[:, None, None] * bend
        system[:, :n, n] = system[:, n, :n] = slope
        right = torch.cat([gap + multiplier[:, None] * slope, value[:, None]], -1)
        solved, info = torch.linalg.solve_ex(system, -right)
        solved = torch.where((info == 0)[:, None], solved, solved.new_full((), math.inf))
        solved = solved.nan_to_num(nan=1e6, posinf=1e6, neginf=-1e6)
        return solved[:, :n] / self.spacing, multiplier + solved[:, n]

    def _onto(self, y: Tensor) -> Tensor:
        """The step, in voxels, that brings points near the wall onto it along the gradient."""
        steps = []
        for part in y.split(_CHUNK):
            value, slope, _ = self._jet(part)
            step = -value[:, None] * slope / (slope * slope).sum(-1, keepdim=True).clamp(min=1e-12)
            length = step.norm(dim=-1, keepdim=True)
            reach = 0.5 * self.shortest
            steps.append(step * (reach / length.clamp(min=reach)) / self.spacing)
        return torch.cat(steps)

    def _jet(self, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Value, gradient and Hessian in mm at places given in voxels."""
        n = y.shape[-1]
        all_orders = jets(self.coefficients, torch.zeros_like(y[:, 0], dtype=torch.long), y)
        unit = np.eye(n, dtype=int)
        at = lambda orders: all_orders[(slice(None), *orders)]  # noqa: E731
        slope = torch.stack([at(unit[a]) for a in range(n)], -1) / self.spacing
        rows = [torch.stack([at(unit[a] + unit[b]) for b in range(n)], -1) for a in range(n)]
        bend = torch.stack(rows, -2) / (self.spacing[:, None] * self.spacing)
        return at(unit[0] * 0), slope, bend


def _crossings(phi: Tensor, spacing: tuple[float, ...]) -> tuple[list[Tensor], list[Tensor]]:
    """For each axis, 1/d to the nearer sign change along it (0 if none) and its direction."""
    inverse, sign = [], []
    for axis, h in enumerate(spacing):
        n = phi.shape[axis]
        low, high = phi.narrow(axis, 0, n - 1), phi.narrow(axis, 1, n - 1)
        crosses = (low < 0) != (high < 0)
        gap = (low.abs() + high.abs()).clamp(min=1e-30) / h
        tiny = 1e-4 * h
        after, before = torch.zeros_like(phi), torch.zeros_like(phi)
        after.narrow(axis, 0, n - 1)[crosses] = 1 / (low.abs() / gap).clamp(min=tiny)[crosses]
        before.narrow(axis, 1, n - 1)[crosses] = 1 / (high.abs() / gap).clamp(min=tiny)[crosses]
        inverse.append(torch.maximum(after, before))
        sign.append(torch.where(after >= before, 1.0, -1.0).to(phi.dtype))
    return inverse, sign


def _nearest(
    beside: Tensor, spacing: tuple[float, ...], width: float, far: str
) -> tuple[Tensor, Tensor]:
    """Number of the nearest wall voxel for every voxel, and which voxels lie in the band."""
    if far == "transform":
        from scipy.ndimage import distance_transform_edt

        gaps, where = distance_transform_edt(
            (beside < 0).cpu().numpy(), sampling=spacing, return_indices=True
        )
        index = torch.as_tensor(where, device=beside.device).unbind(0)
        near = torch.as_tensor(gaps, device=beside.device) <= width
        return beside[index], near
    # Separable minimum over x' of |x − x'|², one axis after another, only as far as the band.
    square = torch.where(beside >= 0, 0.0, math.inf)
    number = beside
    for axis, h in enumerate(spacing):
        best, chosen = square.clone(), number.clone()
        n = beside.shape[axis]
        for k in range(1, min(math.ceil(width / h), n - 1) + 1):
            for source, target in ((k, 0), (0, k)):
                offer = square.narrow(axis, source, n - k) + (k * h) ** 2
                held = best.narrow(axis, target, n - k)
                wins = offer < held
                held.copy_(torch.where(wins, offer, held))
                label = chosen.narrow(axis, target, n - k)
                label.copy_(torch.where(wins, number.narrow(axis, source, n - k), label))
        square, number = best, chosen
    return number, square <= width**2
