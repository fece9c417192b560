"""Curved vessels with a radius law, narrowed and widened; what every drawn anatomy is made of."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from lumenfield.errors import InputError
from lumenfield.geometry.blocks import Blocks
from lumenfield.geometry.centreline import Centreline, Foot
from lumenfield.geometry.solid import Solid
from lumenfield.tensors import Distances, Points, Tensor

__all__ = ["Bulge", "Vessel"]


@dataclass(frozen=True)
class Bulge:
    """A local change of radius, R(s) ← R(s) · (1 − c · exp(−(s − s₀)²/2w²)).

    Args:
        at: s₀, as a share of the vessel's length.
        depth: c; positive narrows (stenosis, coarctation: 0.2–0.8), negative widens (aneurysm).
        width_mm: w.
        side: how much of it lies on one side, 0 (all round) to 1; the side is `angle`.
        angle: radians about the centreline, in 3-D; in 2-D 0 and π are the two sides.
    """

    at: float
    depth: float
    width_mm: float
    side: float = 0.0
    angle: float = 0.0


@dataclass(frozen=True)
class Vessel(Solid):
    """A tube about a smooth centreline, its radius given along it.

    The centreline is the natural cubic spline through `points_mm`. At the nearest centreline point
    s the distance is (r − R(s, θ)) / √(1 + R′²), R′ being the slope of the bulges; exact for
    constant radius. Ends are rounded.

    Args:
        points_mm: at least two control points, each with one number a dimension.
        radii_mm: at each control point, interpolated linearly along the length.

    Raises:
        InputError: fewer than two points, radii of another number, or a radius that is not
            positive.
    """

    points_mm: tuple[tuple[float, ...], ...]
    radii_mm: tuple[float, ...]
    bulges: tuple[Bulge, ...] = ()

    def __post_init__(self) -> None:
        if len(self.points_mm) < 2 or len(self.radii_mm) != len(self.points_mm):
            raise InputError(
                f"vessel with {len(self.points_mm)} points and {len(self.radii_mm)} radii",
                "a centreline needs two points or more and a radius for each",
                "give as many radii as points",
            )
        if min(self.radii_mm) <= 0 or any(b.depth >= 1 for b in self.bulges):
            raise InputError(
                f"vessel radii {self.radii_mm} with depths {[b.depth for b in self.bulges]}",
                "a radius must stay positive",
                "give positive radii and bulge depths below 1",
            )

    @cached_property
    def _line(self) -> Centreline:
        line = Centreline.through(np.asarray(self.points_mm), np.asarray(self.radii_mm))
        radii = line.radii_mm
        for bulge in self.bulges:
            away = (line.arc_mm - bulge.at * line.length_mm) / bulge.width_mm
            radii = radii * (1 - bulge.depth * torch.exp(away.square() / -2))
        return line.widened(radii)

    @property
    def length_mm(self) -> float:
        """Arc length of the centreline."""
        return self._line.length_mm

    @property
    def thinnest_mm(self) -> float:
        """Radius of the thinnest place, throats included."""
        narrow = min((1 - b.depth for b in self.bulges if b.depth > 0), default=1.0)
        return min(self.radii_mm) * narrow

    def distance(self, points: Points) -> Distances:
        """Distance to the wall; within 1 % of R where the radius changes slowly.

        Raises:
            InputError: the centreline has another dimension than the points.
        """
        self._check(points)
        return self._signed(self._line.foot(points))

    def distance_in(self, blocks: Blocks) -> Distances:
        """The same, each block looking only at the stretch of centreline near it."""
        self._check(blocks.points)
        return self._signed(self._line.foot_in(blocks))

    def _check(self, points: Tensor) -> None:
        if points.shape[-1] != len(self.points_mm[0]):
            raise InputError(
                f"vessel with a {len(self.points_mm[0])}-D centreline",
                f"the points are {points.shape[-1]}-D",
                "give each of its points one number for each dimension",
            )

    def _signed(self, foot: Foot) -> Tensor:
        if not self.bulges:
            return foot.gap - foot.radius
        radius, slope = foot.radius, torch.zeros_like(foot.gap)
        for bulge in self.bulges:
            away = (foot.along - bulge.at * self.length_mm) / bulge.width_mm
            bump = bulge.depth * torch.exp(away.square() / -2)
            if bulge.side:
                toward = self._line.cosine(foot, bulge.angle)
                bump = bump * (1 - bulge.side * (1 - toward) / 2)
            slope = slope + radius * bump * away / bulge.width_mm
            radius = radius * (1 - bump)
        return (foot.gap - radius) / torch.sqrt(1 + slope.square())
