"""From a signed distance to a magnitude image, in physical order."""

import math
from dataclasses import dataclass, field

import torch

from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.family import Family
from lumenfield.synthesis.flow import Flow, Lumen, draw_flow, flow_signal
from lumenfield.synthesis.intensity import Intensity, draw_intensity, graded
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.synthesis.scanner import (
    Acquisition,
    add_noise,
    draw_acquisition,
    encoded,
    modulus,
)
from lumenfield.synthesis.tissue import Tissue, draw_tissue, paint_tissue
from lumenfield.tensors import Fields, Tensor

__all__ = ["Appearance", "draw_appearance", "render", "signal_magnitude"]

_NEAR = 4.0
"""Voxels from the wall within which the surroundings are kept apart from the lumen."""

_LEAST_CNR = 2.0
"""Contrast of the lumen with what touches it, over the noise of one component, at least."""

_LEAST_SHARE = 0.35
"""Signal that disturbed flow leaves, at least."""

_HIGHEST = 1.05
"""What is black in a scan that is turned over, times the largest value."""


@dataclass(frozen=True)
class Appearance:
    """One drawn look; `seed` makes its fields and its noise.

    Args:
        wall_voxels: thickness of a ring of `wall_level` around the lumen; 0 for none.
        graded: share of the lumen's signal lost along the field of view, in the flow's sense.
        turned_over: bright is dark, all over the scan.
    """

    lumen: float
    inverted: bool
    least_contrast: float
    texture: float
    texture_voxels: float
    unevenness: float
    wall_voxels: float
    wall_level: float
    coil: float
    tissue: Tissue
    acquisition: Acquisition
    seed: int
    bright_wall: bool = False
    inflow: float = 0.0
    inflow_voxels: float = 1.0
    graded: float = 0.0
    flow: Flow = field(default_factory=Flow)
    intensity: Intensity = field(default_factory=Intensity)
    turned_over: bool = False


def draw_appearance(draw: Draw, family: Family, ndim: int) -> Appearance:
    """Draw one look of a family."""
    return Appearance(
        lumen=draw.uniform(family.lumen),
        inverted=family.inverted,
        least_contrast=family.least_contrast,
        texture=draw.uniform(family.texture),
        texture_voxels=draw.uniform(family.texture_voxels),
        unevenness=draw.uniform(family.unevenness),
        wall_voxels=draw.uniform(family.wall_voxels) if draw.happens(family.wall) else 0.0,
        wall_level=draw.uniform(family.wall_level),
        bright_wall=family.bright_wall,
        coil=draw.uniform(family.coil),
        tissue=draw_tissue(draw, family.tissue, ndim),
        acquisition=draw_acquisition(draw, family.scanner, ndim),
        seed=draw.whole((0, 2**31)),
        inflow=draw.uniform(family.inflow),
        inflow_voxels=draw.log_uniform(family.inflow_voxels),
        graded=draw.uniform(family.graded),
        flow=draw_flow(
            draw,
            ndim,
            turn=family.turn,
            disturbed=family.disturbed,
            turbulence=family.turbulence,
        ),
        intensity=draw_intensity(draw, family.intensity),
        # Last, and only where it can happen: what other families draw stays what it was.
        turned_over=family.turned_over > 0 and draw.happens(family.turned_over),
    )


def render(phi: Fields, spacing: tuple[float, ...], look: Appearance) -> Fields:
    """Image the lumen φ < 0 as `look` says, on the device of `phi`.

    Args:
        phi: 1 × 1 × grid, mm; any field whose zero level is the wall, smooth near it.

    Returns:
        float32 grey values, never negative.
    """
    return graded(signal_magnitude(phi, spacing, look), look.intensity)


def signal_magnitude(phi: Fields, spacing: tuple[float, ...], look: Appearance) -> Fields:
    """Image in units of a reference signal of one, in the order of the physics.

    Tissue, wall and lumen mix by volume; flow turns the lumen's phase; texture and coil multiply;
    the scanner crops and filters k-space, adds complex noise and takes the magnitude.
    """
    generator = torch.Generator(device=phi.device).manual_seed(look.seed)
    around = paint_tissue(look.tissue, tuple(phi.shape[2:]), spacing, generator)[0, 0]
    blood = _blood(phi[0, 0], around, spacing, look, generator)
    image = encoded(_through_coil(around, blood, spacing, look, generator), look.acquisition)
    seen = modulus(image)
    sigma = _noise(seen, phi, max(spacing), look)
    if look.turned_over:
        image = torch.cat([_HIGHEST * seen.amax() - seen, torch.zeros_like(seen)], 1)
    return add_noise(image, look.acquisition, sigma, generator)


@dataclass(frozen=True, eq=False)
class _Blood:
    """Complex signal of the voxels that hold some blood, by their number in the grid."""

    index: Tensor
    real: Tensor
    imaginary: Tensor


def _blood(
    phi: Tensor,
    around: Tensor,
    spacing: tuple[float, ...],
    look: Appearance,
    generator: torch.Generator,
) -> _Blood:
    """Mix moving blood, by volume, with what touches it; `around` is kept apart in place."""
    near = _near(phi, spacing, _NEAR)
    level = _level(near, look, generator)
    beside = _beside(around.flatten()[near.index], level, near, look)
    around.view(-1)[near.index] = beside
    core = near.depth > -1.5 * max(spacing)
    lumen = near.where(core)
    blood = level[core] * _slowed(lumen.depth, spacing, look)
    moving = flow_signal(look.flow, lumen, generator)
    inside = _occupancy(lumen)
    blood = inside * blood * moving.share.clamp(min=_LEAST_SHARE)
    return _Blood(
        lumen.index,
        beside[core] * (1 - inside) + blood * torch.cos(moving.phase),
        blood * torch.sin(moving.phase),
    )


def _near(phi: Tensor, spacing: tuple[float, ...], voxels: float) -> Lumen:
    """List the voxels of the lumen and near it, with depth to first order: −φ/|∇φ|.

    Differences across a vessel's axis find no slope there: φ is then taken as it is.
    """
    flat = phi.reshape(-1)
    index = (flat < voxels * max(spacing)).nonzero()[:, 0]
    places, slopes, stride = [], [], 1
    for n, h in reversed(tuple(zip(phi.shape, spacing, strict=True))):
        place = index // stride % n
        before, after = (place > 0).long() * stride, (place < n - 1).long() * stride
        run = (before + after).clamp(min=1) * (h / stride)
        slopes.append((flat[index + after] - flat[index - before]) / run)
        places.append(place)
        stride *= n
    slope = torch.stack(slopes[::-1], -1)
    steep = slope.square().sum(-1).sqrt_()
    depth = -flat[index] / steep.clamp(min=0.7, max=5.0)
    normal = slope / steep.clamp(min=1e-6)[:, None]
    place = torch.stack(places[::-1], -1)
    return Lumen(index, place, depth, normal, flat, tuple(phi.shape), spacing)


def _occupancy(lumen: Lumen) -> Tensor:
    """Share of each voxel that lies inside: ½ erfc(φ/√2s), s² = Σ (n_a h_a)²/12.

    s is the standard deviation of a voxel's own box along the normal n.
    """
    box = lumen.normal * lumen.normal.new_tensor(lumen.spacing)
    s = box.square().sum(-1).sqrt() / math.sqrt(12)
    return 0.5 * torch.erfc(-lumen.depth / (math.sqrt(2) * s).clamp(min=1e-6))


def _level(near: Lumen, look: Appearance, generator: torch.Generator) -> Tensor:
    """The lumen's own level: slowly uneven, and graded along the flow."""
    level = torch.full_like(near.depth, look.lumen)
    if look.unevenness:
        length = 0.3 * max(n * h for n, h in zip(near.shape, near.spacing, strict=True))
        slow = smooth_field(near.shape, near.spacing, length, generator).flatten()[near.index]
        level *= (1 + look.unevenness * slow).clamp(0.5, 1.5)
    if look.graded:
        axis = look.flow.axis
        ramp = near.places[:, axis] / max(near.shape[axis] - 1, 1)
        level *= 1 - look.graded * (ramp if look.flow.sense > 0 else 1 - ramp)
    return level


def _slowed(depth: Tensor, spacing: tuple[float, ...], look: Appearance) -> Tensor:
    """Share of the signal that blood keeps which is slow beside the wall."""
    reach = look.inflow_voxels * max(spacing)
    return 1 - look.inflow * torch.exp(-depth.clamp(min=0) / reach)


def _beside(around: Tensor, level: Tensor, near: Lumen, look: Appearance) -> Tensor:
    """Move what touches the lumen away from its level, each to the side it is meant to lie on.

    Surroundings lie above an inverted lumen and below another; a wall ring lies below the lumen,
    or above it where it is bright. So no labelled vessel is invisible.
    """
    voxel = max(near.spacing)
    at_wall = level * (1 - look.inflow)
    below = (at_wall - look.least_contrast).clamp(min=0)
    above = level + look.least_contrast
    apart = torch.maximum(around, above) if look.inverted else torch.minimum(around, below)
    share = ((_NEAR * voxel + near.depth) / (0.5 * _NEAR * voxel)).clamp(0, 1)
    beside = torch.lerp(around, apart, share)
    if look.wall_voxels:
        drawn = torch.full_like(level, look.wall_level)
        wall = torch.maximum(drawn, above) if look.bright_wall else torch.minimum(drawn, below)
        outside = -near.depth - look.wall_voxels * voxel
        ring = 0.5 * torch.erfc(outside / (voxel * math.sqrt(1 / 6)))
        beside = torch.lerp(beside, wall, ring)
    return beside


def _through_coil(
    around: Tensor,
    blood: _Blood,
    spacing: tuple[float, ...],
    look: Appearance,
    generator: torch.Generator,
) -> Tensor:
    """Multiply by texture, by the coil's sensitivity, and by a slow background phase.

    Returns:
        Real and imaginary part, 1 × 2 × grid.
    """
    shape, voxel = tuple(around.shape), max(spacing)
    size = max(shape) * voxel
    turn = smooth_field(shape, spacing, 0.4 * size, generator)[0, 0]
    gain = smooth_field(shape, spacing, 0.5 * size, generator)[0, 0].mul_(look.coil).exp_()
    if look.texture:
        grain = smooth_field(shape, spacing, look.texture_voxels * voxel, generator)[0, 0]
        gain *= grain.mul_(look.texture).add_(1).clamp_(min=0)
    cosine, sine = torch.cos(turn).mul_(gain), torch.sin(turn).mul_(gain)
    image = torch.stack([around * cosine, around * sine])[None]
    cosine, sine = cosine.view(-1)[blood.index], sine.view(-1)[blood.index]
    parts = image.view(2, -1)
    parts[0, blood.index] = blood.real * cosine - blood.imaginary * sine
    parts[1, blood.index] = blood.real * sine + blood.imaginary * cosine
    return image


def _noise(seen: Fields, phi: Fields, voxel: float, look: Appearance) -> float:
    """σ of one complex component: the lumen's mean over the SNR, unless that hid the vessel."""
    inside = (phi < 0).float()
    shell = ((phi - 1.5 * voxel).abs() < voxel).float()
    voxels = float(inside.sum())
    if voxels == 0:
        return look.lumen / look.acquisition.snr
    lumen = float((seen * inside).sum()) / voxels
    beside = float((seen * shell).sum()) / max(float(shell.sum()), 1.0)
    return min(lumen / look.acquisition.snr, max(abs(lumen - beside), 0.02) / _LEAST_CNR)
