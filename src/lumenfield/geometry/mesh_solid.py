"""A closed triangle mesh as a seed; separate because its distance needs a search tree."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import Mesh
from lumenfield.errors import InputError
from lumenfield.geometry.closed import closed_surface
from lumenfield.geometry.nearest_triangle import NearestTriangle
from lumenfield.geometry.solid import Solid
from lumenfield.geometry.transforms import Moved
from lumenfield.io.meshes import read_mesh
from lumenfield.tensors import Distances, Points

__all__ = ["MeshSolid"]


@dataclass(frozen=True, eq=False, repr=False)
class MeshSolid(Solid):
    """What a closed triangle mesh encloses; its distance is exact everywhere.

    Equal vertices are welded, and triangles that face the wrong way are turned.

    >>> aorta = MeshSolid.read("aorta.vtp", unit_mm=10.0).centred()  # doctest: +SKIP

    Args:
        mesh: in mm.

    Raises:
        InputError: a mesh that is not closed, telling how many edges are open.
    """

    mesh: Mesh

    def __post_init__(self) -> None:
        object.__setattr__(self, "mesh", closed_surface(self.mesh))

    @classmethod
    def read(cls, path: Path | str, *, unit_mm: float = 1.0) -> "MeshSolid":
        """Read an STL or VTP file.

        Args:
            unit_mm: the file's unit of length in mm; 10 for centimetres.

        Raises:
            InputError: a file that is missing, damaged or not closed, or a unit that is not
                positive.
        """
        if not unit_mm > 0:
            raise InputError(f"unit of {unit_mm} mm", "a positive length", "give 10 for cm")
        mesh = read_mesh(path)
        return cls(Mesh(mesh.vertices * unit_mm, mesh.faces))

    def __repr__(self) -> str:
        low, high = (", ".join(f"{x:.6g}" for x in edge) for edge in self.bounds_mm)
        return f"MeshSolid({len(self.mesh.faces)} triangles from ({low}) to ({high}) mm)"

    @property
    def bounds_mm(self) -> NDArray[np.float64]:
        """Least and greatest coordinates, `2 3`."""
        return np.stack([self.mesh.vertices.min(0), self.mesh.vertices.max(0)])

    def centred(self) -> Moved:
        """Move the middle of its bounds to the origin, where grids are centred."""
        return Moved(self, tuple(float(-x) for x in self.bounds_mm.mean(0)))

    def distance(self, points: Points) -> Distances:
        """Exact distance to the nearest triangle; its sign from the pseudo-normal there.

        Raises:
            InputError: points that are not 3-D.
        """
        if points.shape[-1] != 3:
            raise InputError(
                f"mesh in 3-D asked at {points.shape[-1]}-D points",
                "a mesh bounds a solid in 3-D",
                "use a mask as the seed in 2-D",
            )
        flat = points.detach().cpu().double().numpy().reshape(-1, 3)
        found = self._search.signed(flat).reshape(points.shape[:-1])
        return torch.as_tensor(found).to(points)

    @cached_property
    def _search(self) -> NearestTriangle:
        return NearestTriangle(self.mesh)
