"""Shapes as signed distances without a grid, and how they combine; the base of every seed.

A combination is a bound on the distance with the right zero level, not a distance: sample it with
`sample_distance`, which redistances.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch

from lumenfield.errors import InputError
from lumenfield.tensors import Distances, Points, Tensor

__all__ = ["Ball", "Blend", "Combination", "Empty", "Intersection", "Solid", "Tube", "Union"]


class Solid(ABC):
    """Anything with a signed distance, mm, negative inside.

    Subclasses are small frozen dataclasses with a `distance`. The result must not grow faster than
    the true distance (slope at most about one), so that a grid can skip what is far away.

    >>> vessel = Tube(radius_mm=3.0).bent(0.02) | Ball(radius_mm=5.0).moved(4, 0, 0)
    >>> float(vessel.distance(torch.tensor([4.0, 0.0, 0.0])))
    -5.0
    """

    @abstractmethod
    def distance(self, points: Points) -> Distances:
        """Signed distance of points in mm."""

    def __or__(self, other: "Solid") -> "Solid":
        return Union((self, other))

    def __and__(self, other: "Solid") -> "Solid":
        return Intersection((self, other))

    def __sub__(self, other: "Solid") -> "Solid":
        return Intersection((self, Complement(other)))

    def blended(self, other: "Solid", width_mm: float) -> "Solid":
        """Join smoothly, with a fillet about `width_mm` wide."""
        return Blend((self, other), width_mm)

    def moved(self, *offset_mm: float) -> "Solid":
        """Shift by an offset with one number for each dimension."""
        return Moved(self, tuple(float(o) for o in offset_mm))

    def rotated(self, degrees: float, plane: tuple[int, int] = (0, 1)) -> "Solid":
        """Turn about the origin in the plane of two axes, from the first towards the second."""
        return Rotated(self, math.radians(degrees), plane)

    def scaled(self, factor: float) -> "Solid":
        """Enlarge about the origin."""
        return Scaled(self, float(factor))

    def bent(self, curvature_per_mm: float) -> "Solid":
        """Wind the first axis onto a circle through the origin that turns towards the second."""
        return Bent(self, float(curvature_per_mm))


@dataclass(frozen=True)
class Ball(Solid):
    """A disc or a ball at the origin."""

    radius_mm: float

    def distance(self, points: Points) -> Distances:
        """|x| − R."""
        return points.norm(dim=-1) - self.radius_mm


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


@dataclass(frozen=True)
class Empty(Solid):
    """No vessel at all."""

    def distance(self, points: Points) -> Distances:
        """Far outside, everywhere."""
        return torch.full_like(points[..., 0], 1e6)


class Combination(Solid):
    """Solids joined by a rule on their distances; a grid samples each part where it matters."""

    parts: tuple[Solid, ...]

    @abstractmethod
    def combined(self, distances: Tensor) -> Tensor:
        """Join the parts' distances, stacked along the first axis."""

    @property
    def reach_mm(self) -> float:
        """How far from a part's wall the others still change the result."""
        return 0.0

    def distance(self, points: Points) -> Distances:
        """The rule applied to the parts; a bound with the right zero level."""
        return self.combined(torch.stack([p.distance(points) for p in self.parts]))


@dataclass(frozen=True)
class Union(Combination):
    """Whatever lies in any part: min φ; exact outside, a bound inside."""

    parts: tuple[Solid, ...]

    def combined(self, distances: Tensor) -> Tensor:
        """Least distance."""
        return distances.amin(0)


@dataclass(frozen=True)
class Intersection(Combination):
    """Whatever lies in every part: max φ; exact inside, a bound outside."""

    parts: tuple[Solid, ...]

    def combined(self, distances: Tensor) -> Tensor:
        """Greatest distance."""
        return distances.amax(0)


@dataclass(frozen=True)
class Complement(Solid):
    """Everything but the part: −φ."""

    part: Solid

    def distance(self, points: Points) -> Distances:
        """The negative distance."""
        return -self.part.distance(points)


@dataclass(frozen=True)
class Blend(Combination):
    """A union whose junctions are filleted.

    The two least distances a ≤ b join as a − w/4 · max(1 − (b − a)/w, 0)², a quadratic smooth
    minimum that changes nothing where they differ by more than w.

    Raises:
        InputError: a width that is not positive.

    Source: the polynomial smooth minimum of constructive solid geometry; Ricci, Comput. J. 16
    (1973) 157 for the idea.
    """

    parts: tuple[Solid, ...]
    width_mm: float

    def __post_init__(self) -> None:
        if not self.width_mm > 0:
            raise InputError(
                f"blend {self.width_mm} mm wide", "a fillet has a positive width", "use | without"
            )

    @property
    def reach_mm(self) -> float:
        """The width of the fillet."""
        return self.width_mm

    def combined(self, distances: Tensor) -> Tensor:
        """Smooth least distance."""
        if len(distances) == 1:
            return distances[0]
        least, second = distances.topk(2, dim=0, largest=False).values
        overlap = (1 - (second - least) / self.width_mm).clamp(min=0)
        return least - self.width_mm / 4 * overlap**2


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
        if points.shape[-1] != len(self.offset_mm):
            raise InputError(
                f"moved by {len(self.offset_mm)} numbers",
                f"the points are {points.shape[-1]}-D",
                "give one offset for each dimension",
            )
        return self.part.distance(points - points.new_tensor(self.offset_mm))


@dataclass(frozen=True)
class Rotated(Solid):
    """A turned solid."""

    part: Solid
    angle: float
    plane: tuple[int, int]

    def distance(self, points: Points) -> Distances:
        """φ(R⁻¹x)."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        first, second = points[..., self.plane[0]], points[..., self.plane[1]]
        turned = points.clone()
        turned[..., self.plane[0]] = c * first + s * second
        turned[..., self.plane[1]] = c * second - s * first
        return self.part.distance(turned)


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
