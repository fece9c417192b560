"""One length for a voxel whose edges differ; separate because every error in voxels is in it."""

import math

__all__ = ["EDGES_MM", "unit_meant", "voxel_mm"]

EDGES_MM = (0.01, 50.0)
"""Voxels of a scan of vessels have edges between these; others were given in another unit."""


def voxel_mm(spacing: tuple[float, ...]) -> float:
    """Give h, the geometric mean of a voxel's edges, mm: the edge of a cube of its volume."""
    return math.prod(spacing) ** (1 / len(spacing))


def unit_meant(spacing: tuple[float, ...]) -> str:
    """Name the unit that edges, read as mm, were more likely given in; empty if in mm."""
    least, most = EDGES_MM
    if least <= min(spacing) and max(spacing) <= most:
        return ""
    return "µm" if max(spacing) > most else "metres"
