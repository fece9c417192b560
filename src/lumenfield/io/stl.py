"""Triangles as binary STL in world millimetres; separate because a mesh is not a grid."""

from pathlib import Path

import numpy as np

from lumenfield.datatypes import Mesh
from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file

__all__ = ["write_stl"]

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_TITLE = b"lumenfield wall, millimetres, RAS".ljust(80)


def write_stl(mesh: Mesh, path: Path) -> None:
    """Write a triangulated surface; a triangle without area gets a zero normal.

    Raises:
        InputError: a polyline.
    """
    if mesh.faces.shape[1] != 3:
        raise InputError(
            f"a 2-D outline for {path}",
            ".stl holds triangles",
            "write the mask or distance instead",
        )
    corners = mesh.vertices[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    triangles = np.zeros(len(corners), _TRIANGLE)
    triangles["normal"] = normals / np.where(lengths > 0, lengths, 1.0)
    triangles["corners"] = corners
    with whole_file(path) as part, part.open("wb") as file:
        file.write(_TITLE + len(triangles).to_bytes(4, "little"))
        file.write(triangles.tobytes())
