"""Triangles as binary STL in world millimetres; separate because a mesh is not a grid."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Mesh
from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import damaged, opened

__all__ = ["read_stl", "write_stl"]

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_TITLE = b"lumenfield wall, millimetres, RAS".ljust(80)


def read_stl(path: Path) -> Mesh:
    """Read a binary or text STL file; corners at one place become one vertex.

    Normals are left to the order of the corners. Coordinates are taken as they are.

    Raises:
        InputError: missing or damaged, or without triangles.
    """
    with opened(path) as file:
        data = file.read()
    count = int.from_bytes(data[80:84], "little")
    if len(data) == 84 + count * _TRIANGLE.itemsize:
        corners = np.frombuffer(data, _TRIANGLE, offset=84)["corners"].astype(np.float64)
    elif data.lstrip()[:5].lower() == b"solid":
        corners = _from_text(path, data)
    else:
        raise damaged(path, f"{len(data)} bytes for {count} triangles")
    if not len(corners):
        raise InputError(f"{path} holds no triangles", "a surface", "export the surface")
    # As bytes, which sort faster than triples of numbers. Adding zero makes −0 and 0 alike.
    flat = np.ascontiguousarray(corners.reshape(-1, 3) + 0.0)
    keys = flat.view(np.dtype((np.void, flat.itemsize * 3))).ravel()
    _, first, number = np.unique(keys, return_index=True, return_inverse=True)
    return Mesh(flat[first], number.reshape(-1, 3).astype(np.int64))


def _from_text(path: Path, data: bytes) -> NDArray[np.float64]:
    """Read the three numbers after each word `vertex`."""
    words = np.array(data.lower().split())
    at = np.flatnonzero(words == b"vertex")
    if len(at) % 3 or (len(at) and at[-1] + 3 >= len(words)):
        raise damaged(path, f"{len(at)} corners in text")
    try:
        return words[at[:, None] + [1, 2, 3]].astype(np.float64).reshape(-1, 3, 3)
    except ValueError as error:
        raise damaged(path, str(error)) from None


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
