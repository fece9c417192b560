"""From a signed distance to a magnitude image, in physical order; the families of MR contrast."""

import math
from dataclasses import dataclass, field

import torch

from lumenfield.levelset.stencils import gradient_norm
from lumenfield.spacing import voxel_mm
from lumenfield.synthesis.draws import Draw, Range, check_range
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.synthesis.scanner import Acquisition, ScannerRanges, acquire, draw_acquisition
from lumenfield.synthesis.tissue import Tissue, TissueRanges, draw_tissue, paint_tissue
from lumenfield.tensors import Fields, Tensor

__all__ = ["Appearance", "Family", "draw_appearance", "occupancy", "render"]


@dataclass(frozen=True)
class Family:
    """One family of MR contrast, as ranges.

    Args:
        lumen: signal of the lumen; the reference is one.
        inverted: whether the lumen is darker than its surroundings.
        least_contrast: the lumen differs from what touches it by at least this share of one.
        texture: standard deviation of the relative signal variation everywhere, and
            `texture_voxels` its correlation length. It covers the lumen too: it must not tell
            where the lumen is.
        unevenness: the same for the lumen's own slow variation (inflow, saturation).
        inflow: share of the signal that the slow flow beside the wall lacks, as in time-of-flight
            and phase-contrast scans; it recovers over `inflow_voxels` from the wall.
        dephasing: chance that part of the lumen loses signal.
        wall: chance of a wall ring of `wall_level`, `wall_voxels` thick.
        coil: standard deviation of the logarithm of the coil sensitivity.
    """

    lumen: Range = (0.7, 1.0)
    inverted: bool = False
    least_contrast: float = 0.2
    texture: Range = (0.0, 0.1)
    texture_voxels: Range = (1.0, 4.0)
    unevenness: Range = (0.0, 0.15)
    inflow: Range = (0.0, 0.0)
    inflow_voxels: Range = (0.7, 4.0)
    dephasing: float = 0.15
    wall: float = 0.3
    wall_level: Range = (0.0, 0.3)
    wall_voxels: Range = (0.5, 2.0)
    coil: Range = (0.0, 0.25)
    tissue: TissueRanges = field(default_factory=TissueRanges)
    scanner: ScannerRanges = field(default_factory=ScannerRanges)

    def __post_init__(self) -> None:
        for name in ("lumen", "texture", "unevenness", "wall_level", "wall_voxels", "coil"):
            check_range(name, getattr(self, name), 0.0)
        check_range("texture_voxels", self.texture_voxels, 0.5)


@dataclass(frozen=True)
class Appearance:
    """One drawn look; `seed` makes its fields and its noise."""

    lumen: float
    inverted: bool
    least_contrast: float
    texture: float
    texture_voxels: float
    unevenness: float
    dephasing: float
    wall_voxels: float
    wall_level: float
    coil: float
    phase: float
    """Radians that the fastest flow turns the signal by."""
    tissue: Tissue
    acquisition: Acquisition
    scale: float
    """Grey values for a signal of one, as a vendor scales its images."""
    seed: int
    inflow: float = 0.0
    inflow_voxels: float = 1.0


def draw_appearance(draw: Draw, family: Family, ndim: int) -> Appearance:
    """Draw one look of a family."""
    return Appearance(
        lumen=draw.uniform(family.lumen),
        inverted=family.inverted,
        least_contrast=family.least_contrast,
        texture=draw.uniform(family.texture),
        texture_voxels=draw.uniform(family.texture_voxels),
        unevenness=draw.uniform(family.unevenness),
        dephasing=draw.uniform((0.2, 0.7)) if draw.happens(family.dephasing) else 0.0,
        wall_voxels=draw.uniform(family.wall_voxels) if draw.happens(family.wall) else 0.0,
        wall_level=draw.uniform(family.wall_level),
        coil=draw.uniform(family.coil),
        phase=draw.uniform((0.0, math.pi)),
        tissue=draw_tissue(draw, family.tissue, ndim),
        acquisition=draw_acquisition(draw, family.scanner, ndim),
        scale=draw.log_uniform((50.0, 4000.0)),
        seed=draw.whole((0, 2**31)),
        inflow=draw.uniform(family.inflow),
        inflow_voxels=draw.log_uniform(family.inflow_voxels),
    )


def render(phi: Fields, spacing: tuple[float, ...], look: Appearance) -> Fields:
    """Image the lumen φ < 0 as `look` says, in the order of the physics.

    Tissue, wall and lumen mix by volume; texture, coil and phase multiply; the scanner blurs,
    adds complex noise and takes the magnitude.

    Args:
        phi: 1 × 1 × grid, mm; any field whose zero level is the wall, smooth near it.

    Returns:
        float32 grey values, never negative.
    """
    generator = torch.Generator().manual_seed(look.seed)
    shape, voxel = tuple(phi.shape[2:]), max(spacing)
    depth = _true_near_wall(phi, spacing)
    lumen = _lumen_signal(depth, spacing, look, generator)
    around = paint_tissue(look.tissue, shape, spacing, generator)
    if look.wall_voxels:
        ring = occupancy(depth - look.wall_voxels * voxel, spacing)
        around = torch.lerp(around, around.new_tensor(look.wall_level), ring)
    around = _kept_apart(around, lumen, depth, voxel, look)
    signal = torch.lerp(around, lumen, occupancy(depth, spacing))
    if look.texture:
        grain = smooth_field(shape, spacing, look.texture_voxels * voxel, generator, alpha=2.0)
        signal = signal * (1 + look.texture * grain).clamp(min=0)
    sensitivity = smooth_field(shape, spacing, 0.5 * max(shape) * voxel, generator)
    signal = signal * torch.exp(look.coil * sensitivity)
    turn = _phase(depth, spacing, look, generator)
    return look.scale * acquire(torch.polar(signal, turn), look.acquisition, generator)


def occupancy(phi: Fields, spacing: tuple[float, ...]) -> Fields:
    """Share of each voxel that lies inside: ½ erfc(φ/√2s), s = h/√12.

    The standard deviation s is that of a voxel's own box.
    """
    s = voxel_mm(spacing) / math.sqrt(12)
    return 0.5 * torch.erfc(phi / (math.sqrt(2) * s))


def _true_near_wall(phi: Tensor, spacing: tuple[float, ...]) -> Tensor:
    """φ/|∇φ|: a distance to first order, which is all that partial volume needs."""
    return phi / gradient_norm(phi, spacing).clamp(min=0.2, max=5.0)


def _lumen_signal(
    depth: Tensor, spacing: tuple[float, ...], look: Appearance, generator: torch.Generator
) -> Tensor:
    shape, voxel = tuple(depth.shape[2:]), max(spacing)
    slow = smooth_field(shape, spacing, 0.3 * max(shape) * voxel, generator)
    signal = look.lumen * (1 + look.unevenness * slow).clamp(min=0.3)
    if look.inflow:
        slowness = torch.exp(depth.clamp(max=0) / (look.inflow_voxels * voxel))
        signal = signal * (1 - look.inflow * slowness)
    if look.dephasing:
        jet = smooth_field(shape, spacing, 0.1 * max(shape) * voxel, generator)
        signal = signal * (1 - look.dephasing * torch.sigmoid(4 * (jet - 1)))
    return signal


def _kept_apart(
    around: Tensor, lumen: Tensor, depth: Tensor, voxel: float, look: Appearance
) -> Tensor:
    """Move what touches the lumen away from its level, so that no labelled vessel is invisible."""
    near = torch.exp(-((depth.clamp(min=0) / (3 * voxel)) ** 2))
    least = look.least_contrast
    apart = (
        torch.maximum(around, lumen + least)
        if look.inverted
        else torch.minimum(around, (lumen - least).clamp(min=0))
    )
    return torch.lerp(around, apart, near)


def _phase(
    depth: Tensor, spacing: tuple[float, ...], look: Appearance, generator: torch.Generator
) -> Tensor:
    """Slow background phase plus that of a flow which rises from the wall; it dephases edges."""
    shape, voxel = tuple(depth.shape[2:]), max(spacing)
    slow = smooth_field(shape, spacing, 0.4 * max(shape) * voxel, generator)
    return slow + look.phase * (1 - torch.exp(depth.clamp(max=0) / (2 * voxel)))
