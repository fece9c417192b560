"""Points in blocks; separate because solids may use the nearness of points, without a grid."""

from collections.abc import Callable
from dataclasses import dataclass

from lumenfield.tensors import Tensor

__all__ = ["STEEP", "Blocks"]

STEEP = 1.25
"""Slope allowed of a solid's distance; bends and bulges reach a little above one."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Groups of points, each within a radius of its group's centre.

    Args:
        points: `n m ndim`, mm.
        centres: `n ndim`, mm.
        radius_mm: no point is further from its centre.
    """

    points: Tensor
    centres: Tensor
    radius_mm: float

    def chosen(self, which: Tensor) -> "Blocks":
        """Keep some of the blocks."""
        return Blocks(self.points[which], self.centres[which], self.radius_mm)

    def mapped(self, move: Callable[[Tensor], Tensor], stretch: float = 1.0) -> "Blocks":
        """Map all points by a similarity that stretches lengths by a factor."""
        return Blocks(move(self.points), move(self.centres), self.radius_mm * stretch)
