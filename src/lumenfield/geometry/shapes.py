"""The simplest shapes, their distances in closed form; a new one is a small frozen class here."""

import math
from dataclasses import dataclass

import torch

from lumenfield.errors import InputError
from lumenfield.geometry.solid import Solid
from lumenfield.tensors import Distances, Points

__all__ = ["Ball", "Empty", "Torus", "Tube"]


@dataclass(frozen=True)
class Ball(Solid):
    """A disc or a ball at the origin."""

    radius_mm: float

    def distance(self, points: Points) -> Distances:
        """|x| − R."""
        return points.norm(dim=-1) - self.radius_mm

    @property
    def thinnest_mm(self) -> float:
        """R."""
        return self.radius_mm


@dataclass(frozen=True)
class Tube(Solid):
    """A straight tube along the first axis, endless unless a length is given; a strip in 2-D.

    Args:
        length_mm: between the two flat ends, centred on the origin.
    """

    radius_mm: float
    length_mm: float = math.inf

    def distance(self, points: Points) -> Distances:
        """Distance of the cylinder, flat ends and their edges included."""
        across = points[..., 1:].norm(dim=-1) - self.radius_mm
        if math.isinf(self.length_mm):
            return across
        along = points[..., 0].abs() - self.length_mm / 2
        outside = torch.hypot(across.clamp(min=0), along.clamp(min=0))
        return outside + torch.maximum(across, along).clamp(max=0)

    @property
    def thinnest_mm(self) -> float:
        """R."""
        return self.radius_mm


@dataclass(frozen=True)
class Empty(Solid):
    """No vessel at all."""

    def distance(self, points: Points) -> Distances:
        """Far outside, everywhere."""
        return torch.full_like(points[..., 0], 1e6)


@dataclass(frozen=True)
class Torus(Solid):
    """A ring about the last axis, centred on the origin; in 2-D an annulus.

    Args:
        ring_mm: radius of the circle the tube follows.
        radius_mm: of the tube, below that of the ring.

    Raises:
        InputError: a tube as thick as its ring or thicker.
    """

    ring_mm: float
    radius_mm: float

    def __post_init__(self) -> None:
        if not 0 < self.radius_mm < self.ring_mm:
            raise InputError(
                f"torus of {self.radius_mm} mm on a ring of {self.ring_mm} mm",
                "the tube is thinner than its ring",
                "enlarge the ring",
            )

    def distance(self, points: Points) -> Distances:
        """√((√(x² + y²) − ring)² + z²) − R."""
        across = points[..., :2].norm(dim=-1) - self.ring_mm
        if points.shape[-1] == 2:
            return across.abs() - self.radius_mm
        return torch.hypot(across, points[..., 2]) - self.radius_mm

    @property
    def thinnest_mm(self) -> float:
        """R of the tube."""
        return self.radius_mm
