"""Vessel shapes as signed distances, in millimetres, without a grid."""

from lumenfield.geometry.arch import aortic_arch, coarctation
from lumenfield.geometry.blocks import Blocks
from lumenfield.geometry.branching import bifurcation, murray_radius, murray_tree
from lumenfield.geometry.carotid import carotid
from lumenfield.geometry.cerebral import COMMUNICATING, circle_of_willis
from lumenfield.geometry.combine import Blend, Combination, Intersection, Union
from lumenfield.geometry.curves import curved_vessel, helix, vessel_along
from lumenfield.geometry.grid_solid import GridSolid
from lumenfield.geometry.mesh_solid import MeshSolid
from lumenfield.geometry.sampling import grid_points, sample_bound, sample_distance
from lumenfield.geometry.shapes import Ball, Empty, Torus, Tube
from lumenfield.geometry.solid import Solid
from lumenfield.geometry.transforms import Moved
from lumenfield.geometry.vessel import Bulge, Vessel

__all__ = [
    "COMMUNICATING",
    "Ball",
    "Blend",
    "Blocks",
    "Bulge",
    "Combination",
    "Empty",
    "GridSolid",
    "Intersection",
    "MeshSolid",
    "Moved",
    "Solid",
    "Torus",
    "Tube",
    "Union",
    "Vessel",
    "aortic_arch",
    "bifurcation",
    "carotid",
    "circle_of_willis",
    "coarctation",
    "curved_vessel",
    "grid_points",
    "helix",
    "murray_radius",
    "murray_tree",
    "sample_bound",
    "sample_distance",
    "vessel_along",
]
