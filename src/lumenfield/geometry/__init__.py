"""Vessel shapes as signed distances, in millimetres, without a grid."""

from lumenfield.geometry.blocks import Blocks
from lumenfield.geometry.branching import bifurcation, murray_radius
from lumenfield.geometry.combine import Blend, Intersection, Union
from lumenfield.geometry.sampling import grid_points, sample_bound, sample_distance
from lumenfield.geometry.shapes import Ball, Empty, Torus, Tube
from lumenfield.geometry.solid import Solid
from lumenfield.geometry.vessel import Bulge, Vessel

__all__ = [
    "Ball",
    "Blend",
    "Blocks",
    "Bulge",
    "Empty",
    "Intersection",
    "Solid",
    "Torus",
    "Tube",
    "Union",
    "Vessel",
    "bifurcation",
    "grid_points",
    "murray_radius",
    "sample_bound",
    "sample_distance",
]
