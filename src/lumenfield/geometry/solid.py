"""What a shape is: a signed distance without a grid; the base of every seed, and its operators.

A combination is a bound on the distance with the right zero level, not a distance: sample it with
`sample_distance`, which redistances.
"""

import math
from abc import ABC, abstractmethod

from lumenfield.geometry.blocks import Blocks
from lumenfield.tensors import Distances, Points

__all__ = ["Solid"]


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

    def distance_in(self, blocks: Blocks) -> Distances:
        """Signed distance of points in blocks; override where a block can spare work."""
        return self.distance(blocks.points)

    @property
    def thinnest_mm(self) -> float:
        """Radius of the thinnest part, as far as it is known; infinite otherwise."""
        return math.inf

    def __or__(self, other: "Solid") -> "Solid":
        return combine.Union((self, other))

    def __and__(self, other: "Solid") -> "Solid":
        return combine.Intersection((self, other))

    def __sub__(self, other: "Solid") -> "Solid":
        return combine.Intersection((self, combine.Complement(other)))

    def blended(self, other: "Solid", width_mm: float) -> "Solid":
        """Join smoothly, with a fillet about `width_mm` wide."""
        return combine.Blend((self, other), width_mm)

    def moved(self, *offset_mm: float) -> "Solid":
        """Shift by an offset with one number for each dimension."""
        return transforms.Moved(self, tuple(float(o) for o in offset_mm))

    def rotated(self, degrees: float, plane: tuple[int, int] = (0, 1)) -> "Solid":
        """Turn about the origin in the plane of two axes, from the first towards the second."""
        return transforms.Rotated(self, math.radians(degrees), plane)

    def scaled(self, factor: float) -> "Solid":
        """Enlarge about the origin."""
        return transforms.Scaled(self, float(factor))

    def bent(self, curvature_per_mm: float) -> "Solid":
        """Wind the first axis onto a circle through the origin that turns towards the second."""
        return transforms.Bent(self, float(curvature_per_mm))


# Last, because what these modules hold are solids themselves.
from lumenfield.geometry import combine, transforms  # noqa: E402
