"""Vessel shapes as signed distances, in millimetres, without a grid."""

from lumenfield.geometry.sampling import grid_points, sample_bound, sample_distance
from lumenfield.geometry.solid import Ball, Blend, Empty, Intersection, Solid, Tube, Union
from lumenfield.geometry.vessel import Bulge, Vessel, bifurcation, murray_radius

__all__ = [
    "Ball",
    "Blend",
    "Bulge",
    "Empty",
    "Intersection",
    "Solid",
    "Tube",
    "Union",
    "Vessel",
    "bifurcation",
    "grid_points",
    "murray_radius",
    "sample_bound",
    "sample_distance",
]
