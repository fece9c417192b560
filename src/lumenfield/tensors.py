"""Names for tensor shapes; separate so that a shape is spelled once and checked in the tests."""

from jaxtyping import Float, Int
from torch import Tensor

__all__ = [
    "Directions",
    "Distances",
    "Fields",
    "Indices",
    "Outputs",
    "Points",
    "Tensor",
    "Truths",
]

Fields = Float[Tensor, "batch channel *grid"]
"""A batch of scalar or vector grids."""

Outputs = Float[Tensor, "batch outputs *grid"]
"""What a network makes of `Fields`: its own number of channels on the same grid."""

Truths = Float[Tensor, "batch truths *grid"]
"""Mask and perhaps distance, on the grid of `Fields`."""

Points = Float[Tensor, "*points ndim"]
"""Places in space, mm; the last axis is x, y (and z)."""

Distances = Float[Tensor, "*points"]
"""One signed distance a point, mm, negative in the lumen."""

Directions = Float[Tensor, "*points ndim"]
"""One vector a point."""

Indices = Int[Tensor, "*points"]
"""Whole numbers, one a point."""
