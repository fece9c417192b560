"""The plain recipe, as simple as it is published: tanh activation plus white and Gaussian noise."""

from dataclasses import dataclass

import torch

from lumenfield.spacing import voxel_mm
from lumenfield.synthesis.draws import Draw, Range, check_range
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.tensors import Fields

__all__ = ["PlainLook", "PlainRanges", "draw_plain", "render_plain"]


@dataclass(frozen=True)
class PlainRanges:
    """Ranges of the plain look.

    Args:
        edge_voxels: ε; the 10–90 % edge of ½(1 − tanh(3φ/ε)) is 0.73 ε wide.
        white: standard deviation of the white noise.
        rough: standard deviation of the Gaussian-process noise, `rough_voxels` its length.
    """

    edge_voxels: Range = (2.0, 4.8)
    white: Range = (0.01, 0.15)
    rough: Range = (0.0, 0.15)
    rough_voxels: Range = (1.0, 6.0)

    def __post_init__(self) -> None:
        check_range("edge_voxels", self.edge_voxels, 0.1)
        check_range("white", self.white, 0.0)
        check_range("rough", self.rough, 0.0)
        check_range("rough_voxels", self.rough_voxels, 0.5)


@dataclass(frozen=True)
class PlainLook:
    """One drawn plain look."""

    edge_voxels: float
    white: float
    rough: float
    rough_voxels: float
    seed: int


def draw_plain(draw: Draw, ranges: PlainRanges) -> PlainLook:
    """Draw one look."""
    return PlainLook(
        draw.uniform(ranges.edge_voxels),
        draw.uniform(ranges.white),
        draw.uniform(ranges.rough),
        draw.uniform(ranges.rough_voxels),
        draw.whole((0, 2**31)),
    )


def render_plain(phi: Fields, spacing: tuple[float, ...], look: PlainLook) -> Fields:
    """Image a signed distance: |½(1 − tanh(3φ/ε)) + white + Gaussian|, the noise everywhere.

    Args:
        phi: a true distance, mm, 1 × 1 × grid.
    """
    generator = torch.Generator(device=phi.device).manual_seed(look.seed)
    voxel = voxel_mm(spacing)
    image = torch.tanh(phi * (-3 / (look.edge_voxels * voxel))).add_(1).mul_(0.5)
    image += torch.randn(phi.shape, generator=generator, device=phi.device).mul_(look.white)
    if look.rough:
        length = look.rough_voxels * voxel
        rough = smooth_field(tuple(phi.shape[2:]), spacing, length, generator)
        image += rough.mul_(look.rough)
    return image.abs_()
