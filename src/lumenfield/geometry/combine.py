"""How solids join: sets by minima and maxima, fillets by a smooth one; separate from the shapes."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import reduce

import torch

from lumenfield.errors import InputError
from lumenfield.geometry.blocks import STEEP, Blocks
from lumenfield.geometry.solid import Solid
from lumenfield.tensors import Distances, Points, Tensor

__all__ = ["Blend", "Combination", "Complement", "Intersection", "Union"]


class Combination(Solid):
    """Solids joined by a rule on their distances; a block asks only the parts that matter in it."""

    parts: tuple[Solid, ...]

    @abstractmethod
    def combined(self, distances: list[Tensor]) -> Tensor:
        """Join the parts' distances."""

    @abstractmethod
    def matters(self, distances: Tensor, slack_mm: float) -> Tensor:
        """Tell which parts (first axis) can change the result within `slack_mm` of these values."""

    @property
    @abstractmethod
    def indifferent(self) -> float:
        """A distance that changes nothing when it is joined."""

    def distance(self, points: Points) -> Distances:
        """The rule applied to the parts; a bound with the right zero level."""
        return self.combined([p.distance(points) for p in self.parts])

    def distance_in(self, blocks: Blocks) -> Distances:
        """The same, each part being asked only in the blocks where it can matter."""
        centres = torch.stack([p.distance(blocks.centres) for p in self.parts])
        needed = self.matters(centres, 2 * STEEP * blocks.radius_mm)
        found = []
        for part, where in zip(self.parts, needed, strict=True):
            if where.all():
                found.append(part.distance_in(blocks))
            elif where.any():
                values = blocks.points.new_full(blocks.points.shape[:-1], self.indifferent)
                values[where] = part.distance_in(blocks.chosen(where))
                found.append(values)
        return self.combined(found)

    @property
    def thinnest_mm(self) -> float:
        """Of the thinnest part."""
        return min((p.thinnest_mm for p in self.parts), default=math.inf)


@dataclass(frozen=True)
class Union(Combination):
    """Whatever lies in any part: min φ; exact outside, a bound inside."""

    parts: tuple[Solid, ...]
    indifferent = math.inf

    def combined(self, distances: list[Tensor]) -> Tensor:
        """Least distance."""
        return reduce(torch.minimum, distances)

    def matters(self, distances: Tensor, slack_mm: float) -> Tensor:
        """The parts that may be the nearest."""
        return distances <= distances.amin(0) + slack_mm


@dataclass(frozen=True)
class Intersection(Combination):
    """Whatever lies in every part: max φ; exact inside, a bound outside."""

    parts: tuple[Solid, ...]
    indifferent = -math.inf

    def combined(self, distances: list[Tensor]) -> Tensor:
        """Greatest distance."""
        return reduce(torch.maximum, distances)

    def matters(self, distances: Tensor, slack_mm: float) -> Tensor:
        """The parts that may be the furthest."""
        return distances >= distances.amax(0) - slack_mm


@dataclass(frozen=True)
class Complement(Solid):
    """Everything but the part: −φ."""

    part: Solid

    def distance(self, points: Points) -> Distances:
        """The negative distance."""
        return -self.part.distance(points)

    def distance_in(self, blocks: Blocks) -> Distances:
        """The negative distance, block by block."""
        return -self.part.distance_in(blocks)

    @property
    def thinnest_mm(self) -> float:
        """Unknown: what is left between parts taken away may be thinner than any of them."""
        return math.inf


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
    indifferent = math.inf

    def __post_init__(self) -> None:
        if not self.width_mm > 0:
            raise InputError(
                f"blend {self.width_mm} mm wide", "a fillet has a positive width", "use | without"
            )

    def combined(self, distances: list[Tensor]) -> Tensor:
        """Smooth least distance."""
        if len(distances) == 1:
            return distances[0]
        least = torch.minimum(distances[0], distances[1])
        second = torch.maximum(distances[0], distances[1])
        for other in distances[2:]:
            second = torch.minimum(second, torch.maximum(least, other))
            least = torch.minimum(least, other)
        overlap = (1 - (second - least) / self.width_mm).clamp(min=0)
        return least - overlap.square() * (self.width_mm / 4)

    def matters(self, distances: Tensor, slack_mm: float) -> Tensor:
        """The parts that may be nearest, or nearest but one within the fillet."""
        return distances <= distances.amin(0) + slack_mm + self.width_mm
