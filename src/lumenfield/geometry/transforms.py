"""Solids moved, turned, enlarged and bent; separate because each only maps points and hands on.

Made by the methods of `Solid`: `moved`, `rotated`, `scaled`, `bent`.
"""

import math
from dataclasses import dataclass

import torch

from lumenfield.errors import InputError
from lumenfield.geometry.blocks import Blocks
from lumenfield.geometry.solid import Solid
from lumenfield.tensors import Distances, Points, Tensor

__all__ = ["Bent", "Moved", "Rotated", "Scaled"]


@dataclass(frozen=True)
class Moved(Solid):
    """A shifted solid."""

    part: Solid
    offset_mm: tuple[float, ...]

    def distance(self, points: Points) -> Distances:
        """φ(x − offset).

        Raises:
            InputError: the offset has another dimension than the points.
        """
        return self.part.distance(self._back(points))

    def distance_in(self, blocks: Blocks) -> Distances:
        """The same, block by block."""
        return self.part.distance_in(blocks.mapped(self._back))

    def _back(self, points: Tensor) -> Tensor:
        if points.shape[-1] != len(self.offset_mm):
            raise InputError(
                f"moved by {len(self.offset_mm)} numbers",
                f"the points are {points.shape[-1]}-D",
                "give one offset for each dimension",
            )
        return points - points.new_tensor(self.offset_mm)

    @property
    def thinnest_mm(self) -> float:
        """Unchanged."""
        return self.part.thinnest_mm


@dataclass(frozen=True)
class Rotated(Solid):
    """A turned solid."""

    part: Solid
    angle: float
    plane: tuple[int, int]

    def distance(self, points: Points) -> Distances:
        """φ(R⁻¹x)."""
        return self.part.distance(self._back(points))

    def distance_in(self, blocks: Blocks) -> Distances:
        """The same, block by block."""
        return self.part.distance_in(blocks.mapped(self._back))

    def _back(self, points: Tensor) -> Tensor:
        c, s = math.cos(self.angle), math.sin(self.angle)
        first, second = points[..., self.plane[0]], points[..., self.plane[1]]
        turned = points.clone()
        turned[..., self.plane[0]] = c * first + s * second
        turned[..., self.plane[1]] = c * second - s * first
        return turned

    @property
    def thinnest_mm(self) -> float:
        """Unchanged."""
        return self.part.thinnest_mm


@dataclass(frozen=True)
class Scaled(Solid):
    """An enlarged solid.

    Raises:
        InputError: a factor that is not positive.
    """

    part: Solid
    factor: float

    def __post_init__(self) -> None:
        if not self.factor > 0:
            raise InputError(f"scaled by {self.factor}", "a positive factor", "use rotated to turn")

    def distance(self, points: Points) -> Distances:
        """f φ(x/f)."""
        return self.part.distance(points / self.factor) * self.factor

    def distance_in(self, blocks: Blocks) -> Distances:
        """The same, block by block."""
        small = blocks.mapped(lambda points: points / self.factor, 1 / self.factor)
        return self.part.distance_in(small) * self.factor

    @property
    def thinnest_mm(self) -> float:
        """Enlarged too."""
        return self.part.thinnest_mm * self.factor


@dataclass(frozen=True)
class Bent(Solid):
    """A solid whose first axis lies on a circle of radius 1/κ."""

    part: Solid
    curvature_per_mm: float

    def distance(self, points: Points) -> Distances:
        """φ(arc length, distance from the circle, …); exact for tubes about the axis."""
        if self.curvature_per_mm == 0:
            return self.part.distance(points)
        radius = 1 / self.curvature_per_mm
        along, across = points[..., 0], points[..., 1]
        side = math.copysign(1.0, radius)
        reach = torch.hypot(along, radius - across)
        angle = torch.atan2(along, side * (radius - across))
        straight = points.clone()
        straight[..., 0] = angle * abs(radius)
        straight[..., 1] = radius - side * reach
        return self.part.distance(straight)

    @property
    def thinnest_mm(self) -> float:
        """Unchanged about the axis."""
        return self.part.thinnest_mm
