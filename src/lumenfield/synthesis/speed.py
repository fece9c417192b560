"""Speed fields that push a front; separate because they are an algebra of their own.

A speed is a small frozen object; `+` and `*` combine speeds; `speed.on(shape, spacing)` puts one on
a grid. Coordinates are millimetres from the grid's centre.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch

from lumenfield.geometry import grid_points
from lumenfield.levelset.spectral import draw_rbf
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.tensors import Fields, Tensor

__all__ = ["AffineSpeed", "GaussianSpeed", "PlaneWave", "RbfSpeed", "Speed", "draw_speed"]


class Speed(ABC):
    """V in mm per unit time; positive grows the vessel."""

    @abstractmethod
    def on(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Fields:
        """Put it on a grid centred on the origin, 1 × 1 × `shape`."""

    def __add__(self, other: "Speed") -> "Speed":
        return SpeedSum((self, other))

    def __mul__(self, other: "Speed") -> "Speed":
        return SpeedProduct((self, other))


@dataclass(frozen=True)
class PlaneWave(Speed):
    """V = A sin(k·x + phase), the phase outside the product with the frequency.

    Args:
        wave_vector: k, radians per mm, one number a dimension.
    """

    amplitude: float
    wave_vector: tuple[float, ...]
    phase: float

    def on(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Fields:
        """Evaluate at the voxel centres."""
        points = grid_points(shape, spacing)
        inner = points @ points.new_tensor(self.wave_vector) + self.phase
        return (self.amplitude * torch.sin(inner))[None, None]


@dataclass(frozen=True)
class AffineSpeed(Speed):
    """V = a + b·x, with x from the grid's centre."""

    level: float
    slope: tuple[float, ...]

    def on(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Fields:
        """Evaluate at the voxel centres."""
        points = grid_points(shape, spacing)
        return (self.level + points @ points.new_tensor(self.slope))[None, None]


@dataclass(frozen=True)
class GaussianSpeed(Speed):
    """A Gaussian-process sample of Matérn covariance, σ²𝒩(I − ℓ²Δ)^(−α).

    Args:
        spread: σ, marginal standard deviation of V.
        length_mm: ℓ.
        alpha: smoothness; ν = α − ndim/2.
    """

    spread: float
    length_mm: float
    seed: int
    alpha: float = 3.0

    def on(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Fields:
        """Draw it; the same seed on the same grid gives the same field."""
        generator = torch.Generator().manual_seed(self.seed)
        return self.spread * smooth_field(shape, spacing, self.length_mm, generator, self.alpha)


@dataclass(frozen=True)
class RbfSpeed(Speed):
    """A Gaussian-process sample of covariance σ² exp(−r²/2ℓ²).

    Args:
        spread: σ, marginal standard deviation of V.
        length_mm: ℓ.
    """

    spread: float
    length_mm: float
    seed: int

    def on(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Fields:
        """Draw it; the same seed on the same grid gives the same field."""
        return draw_rbf(
            shape,
            spacing,
            spread=self.spread,
            length=self.length_mm,
            generator=torch.Generator().manual_seed(self.seed),
        )


@dataclass(frozen=True)
class SpeedSum(Speed):
    """Speeds that add."""

    parts: tuple[Speed, ...]

    def on(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Fields:
        """Add them on the grid."""
        return _stacked(self.parts, shape, spacing).sum(0)


@dataclass(frozen=True)
class SpeedProduct(Speed):
    """Speeds that multiply."""

    parts: tuple[Speed, ...]

    def on(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> Fields:
        """Multiply them on the grid."""
        return _stacked(self.parts, shape, spacing).prod(0)


def _stacked(
    parts: tuple[Speed, ...], shape: tuple[int, ...], spacing: tuple[float, ...]
) -> Tensor:
    return torch.stack([p.on(shape, spacing) for p in parts])


def draw_speed(draw: Draw, ndim: int, extent_mm: float, reach_mm: float) -> Speed:
    """Draw a wave modulated by a Gaussian field, on an affine trend; typically |V| ≈ `reach_mm`."""
    direction = draw.normal(ndim)
    size = math.sqrt(sum(d * d for d in direction))
    frequency = 2 * math.pi * draw.uniform((0.5, 3.0)) / extent_mm
    wave = PlaneWave(
        reach_mm * draw.uniform((0.3, 1.0)),
        tuple(d / size * frequency for d in direction),
        draw.uniform((0.0, 2 * math.pi)),
    )
    rough = GaussianSpeed(
        draw.uniform((0.2, 0.8)), extent_mm * draw.uniform((0.05, 0.2)), draw.whole((0, 2**31))
    )
    slope = tuple(reach_mm * 0.3 * s / extent_mm for s in draw.normal(ndim))
    trend = AffineSpeed(reach_mm * draw.uniform((-0.3, 0.6)), slope)
    return wave * (AffineSpeed(1.0, (0.0,) * ndim) + rough) + trend
