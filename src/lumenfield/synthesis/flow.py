"""A plausible flow from the lumen's own depth; separate since phase and lost signal come from it.

No flow is solved for. A vessel's radius and direction are read off its distance field: from depth d
a walk inward by s beyond the axis comes to depth 2R − d − s, and over a cross-section the mean of
n nᵀ, n the normal, is ½(I − t tᵀ), in the plane I − t tᵀ. The profile is parabolic, faster where
the vessel is narrower; behind a throat the flow is disturbed.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import functional

from lumenfield.levelset.spectral import along_axes
from lumenfield.synthesis.draws import Draw, Range
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.tensors import Tensor

__all__ = ["Flow", "FlowSignal", "Lumen", "draw_flow", "flow_signal"]

_CELLS = 28
"""Cells along the longest axis of the coarse grid that radius and direction are found on."""

_SAMPLES = 16_000
"""Voxels of the lumen that radius and direction are read at; more tell nothing new."""

_WALK = (1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36)
"""Voxels inward that the depth is looked up at."""

_STEPS = 6
"""Cells that a jet reaches."""


@dataclass(frozen=True)
class Flow:
    """One drawn flow.

    Args:
        axis: that velocity is encoded along, and that the flow's sense is told by.
        sense: 1 or −1.
        turn: phase of the mean velocity in a vessel of the usual radius, radians.
        turbulence: how strongly disturbed flow spreads the phases within a voxel.
    """

    axis: int = 0
    sense: int = 1
    turn: float = 0.0
    turbulence: float = 0.0


@dataclass(frozen=True, eq=False)
class Lumen:
    """Voxels in and near the lumen, as lists.

    Args:
        index: number of each voxel in the flattened grid.
        places: n × ndim whole coordinates.
        depth: mm below the wall, negative outside.
        normal: n × ndim, unit, outward.
        phi: the flattened grid that they are voxels of.
    """

    index: Tensor
    places: Tensor
    depth: Tensor
    normal: Tensor
    phi: Tensor
    shape: tuple[int, ...]
    spacing: tuple[float, ...]

    def where(self, chosen: Tensor) -> "Lumen":
        """Some of its voxels."""
        return Lumen(
            self.index[chosen],
            self.places[chosen],
            self.depth[chosen],
            self.normal[chosen],
            self.phi,
            self.shape,
            self.spacing,
        )


@dataclass(frozen=True, eq=False)
class FlowSignal:
    """What the flow does to each voxel of a lumen: phase in radians, share of the signal left."""

    phase: Tensor
    share: Tensor


def draw_flow(draw: Draw, ndim: int, *, turn: Range, disturbed: float, turbulence: Range) -> Flow:
    """Draw one flow; it is disturbed behind throats in the share `disturbed` of the scans."""
    return Flow(
        draw.whole((0, ndim - 1)),
        draw.one_of((-1, 1)),
        draw.uniform(turn),
        draw.uniform(turbulence) if draw.happens(disturbed) else 0.0,
    )


def flow_signal(flow: Flow, lumen: Lumen, generator: torch.Generator) -> FlowSignal:
    """Give phase and signal of moving blood.

    v = 2 v̄ (1 − (r/R)²), of which v t·e is encoded; v̄ ∝ R, as Murray's law has it, and ∝ R⁻²
    within a throat. Within a voxel the phase varies by Δ across the profile, which leaves
    sinc(Δ/2), and randomly by s, which leaves exp(−s²/2).
    """
    coarse = _Coarse(lumen)
    radius = coarse.radius
    narrow, along = coarse.narrowing(radius), coarse.direction(flow.axis)
    disturbed = coarse.jets(narrow, along * flow.sense) if flow.turbulence else radius * 0
    found = coarse.at_places(torch.cat([radius, narrow, disturbed, along]))
    usual = float(coarse.radii.median()) if coarse.radii.numel() else 1.0
    depth = lumen.depth.clamp(min=0)
    wide = torch.maximum(found[0], depth).clamp(min=min(lumen.spacing))
    mean = (wide / usual).clamp(max=1.5) * found[1]
    encoded = flow.turn * flow.sense * found[3 + flow.axis] * mean
    phase = encoded * 2 * (depth * (2 * wide - depth) / wide.square()).clamp(0, 1)
    shear = encoded * 4 * (wide - depth).clamp(min=0) / wide.square()
    across = (lumen.normal.abs() * lumen.normal.new_tensor(lumen.spacing)).sum(-1)
    share = torch.sinc(shear * across / (2 * math.pi)).abs()
    if flow.turbulence:
        spread = flow.turbulence * found[2].clamp(0, 3)
        eddies = smooth_field(lumen.shape, lumen.spacing, 2 * max(lumen.spacing), generator)
        phase = phase + spread * eddies.flatten()[lumen.index]
        share = share * torch.exp(-spread.square() / 2)
    return FlowSignal(phase, share)


class _Coarse:
    """Averages over cells of a coarse grid, of the lumen's voxels alone."""

    def __init__(self, lumen: Lumen) -> None:
        blood = lumen.where(lumen.depth > 0)
        step = 1 + len(blood.index) // _SAMPLES
        self.lumen = lumen
        self.blood = blood.where(torch.arange(0, len(blood.index), step, device=lumen.phi.device))
        self.cell = max(1, math.ceil(max(lumen.shape) / _CELLS))
        self.cells = tuple(math.ceil(n / self.cell) for n in lumen.shape)
        self.count = self._gathered(torch.ones_like(self.blood.depth))
        self.radii = self._radii()

    @property
    def radius(self) -> Tensor:
        """R of the vessel around each cell, mm, 1 × cells; zero where there is none."""
        share, total = self._smooth([self.count, self._gathered(self.radii)], 1, reach=1)
        return (total / share.clamp(min=1e-6) * (share > 1e-6))[None]

    def _radii(self) -> Tensor:
        """R at each voxel: the greatest ½ (d + s + depth at s inward), while that is blood."""
        blood = self.blood
        radius, inside = blood.depth, torch.ones_like(blood.depth, dtype=torch.bool)
        step = blood.normal * min(blood.spacing) / blood.normal.new_tensor(blood.spacing)
        for s in _WALK:
            index = torch.zeros_like(blood.index)
            for axis, n in enumerate(blood.shape):
                place = (blood.places[:, axis] - s * step[:, axis]).round().long().clamp(0, n - 1)
                index = index * n + place
            depth = -blood.phi[index]
            inside = inside & (depth > 0)
            met = 0.5 * (blood.depth + s * min(blood.spacing) + depth)
            radius = torch.where(inside, torch.maximum(radius, met), radius)
        return radius

    def direction(self, axis: int) -> Tensor:
        """Unit tangent with a positive part along `axis`, ndim × cells; zero where unknown."""
        normal, ndim = self.blood.normal, len(self.cells)
        products = [normal[:, axis] * normal[:, a] for a in range(ndim)]
        share, *means = self._smooth([self.count, *map(self._gathered, products)], 2)
        # In 3-D the normals of a tube fill a plane, in 2-D a line.
        tensor = torch.stack(means) / share.clamp(min=1e-6) * (ndim - 1)
        own = (1 - tensor[axis]).clamp(min=0).sqrt()
        tangent = -tensor / own.clamp(min=0.1)
        tangent[axis] = own
        return tangent / tangent.norm(dim=0).clamp(min=1e-6) * (share > 1e-6)

    def narrowing(self, radius: Tensor) -> Tensor:
        """(R of the surroundings / R)², 1 × cells: one in an even vessel, four at most."""
        inside = (radius[0] > 0).float()
        share, wide = self._smooth([inside, radius[0]], 4)
        ratio = wide / share.clamp(min=1e-6) / radius[0].clamp(min=1e-6)
        return (ratio.square().clamp(1, 4) * inside)[None]

    def jets(self, narrow: Tensor, downstream: Tensor) -> Tensor:
        """How disturbed the flow is behind throats, 1 × cells; about one behind a tight one."""
        inside = narrow[0] > 0
        source = (2 * narrow[0] - 2.2).clamp(0, 2)
        jet, total = source, torch.zeros_like(source)
        ahead = downstream.square()
        for _ in range(_STEPS):
            moved = torch.zeros_like(jet)
            for axis in range(jet.ndim):
                one_on = _shifted(jet, axis, 1) * (downstream[axis] > 0)
                one_back = _shifted(jet, axis, -1) * (downstream[axis] <= 0)
                moved += ahead[axis] * (one_on + one_back)
            jet = moved * inside
            total = torch.maximum(total, jet)
        return total[None]

    def at_places(self, fields: Tensor) -> Tensor:
        """Interpolate `field cells` to the lumen's voxels, `field n`."""
        ndim = len(self.cells)
        scale = [2 / (self.cell * n) for n in self.cells]
        places = (self.lumen.places + 0.5) * self.lumen.depth.new_tensor(scale) - 1
        grid = places.flip(-1).reshape(1, *[1] * (ndim - 1), -1, ndim)
        found = functional.grid_sample(
            fields[None], grid, align_corners=False, padding_mode="border"
        )
        return found.reshape(len(fields), -1)

    def _gathered(self, values: Tensor) -> Tensor:
        index = torch.zeros_like(self.blood.index)
        for axis, n in enumerate(self.cells):
            index = index * n + self.blood.places[:, axis] // self.cell
        total = torch.zeros(math.prod(self.cells), device=values.device)
        return total.index_add_(0, index, values).reshape(self.cells)

    def _smooth(self, fields: list[Tensor], times: int, reach: int = 2) -> Tensor:
        """Average over `reach` cells to both sides along each axis, several times."""
        bands = []
        for n in self.cells:
            place = torch.arange(n, device=fields[0].device)
            band = ((place[:, None] - place).abs() <= reach).float() / (2 * reach + 1)
            bands.append(torch.linalg.matrix_power(band, times))
        return along_axes(torch.stack(fields)[None], bands)[0]


def _shifted(field: Tensor, axis: int, by: int) -> Tensor:
    """Move a field by one cell along an axis, nothing coming in."""
    moved = torch.zeros_like(field)
    n = field.shape[axis]
    if by > 0:
        moved.narrow(axis, 1, n - 1).copy_(field.narrow(axis, 0, n - 1))
    else:
        moved.narrow(axis, 0, n - 1).copy_(field.narrow(axis, 1, n - 1))
    return moved
