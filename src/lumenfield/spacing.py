"""One length for a voxel whose edges differ; separate because every error in voxels is in it."""

import math

__all__ = ["voxel_mm"]


def voxel_mm(spacing: tuple[float, ...]) -> float:
    """Give h, the geometric mean of a voxel's edges, mm: the edge of a cube of its volume."""
    return math.prod(spacing) ** (1 / len(spacing))
