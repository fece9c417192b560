"""Triangles from VTK's XML surfaces, .vtp; separate because a mesh is not a grid."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Mesh
from lumenfield.errors import InputError
from lumenfield.io.blocks import damaged
from lumenfield.io.vtk_xml import Document, Element, open_document, read_array

__all__ = ["read_vtp"]


def read_vtp(path: Path) -> Mesh:
    """Read the polygons of a surface, those of more than three corners cut into fans.

    Coordinates are taken as they are.

    Raises:
        InputError: missing or damaged, no surface, several pieces, strips, or no polygons.
    """
    document = open_document(path, ("PolyData",), "a surface is PolyData")
    pieces = document.grid.findall("Piece")
    if len(pieces) != 1 or _count(document, pieces[0], "Strips"):
        raise InputError(
            f"{path} has {len(pieces)} pieces, or strips",
            "one piece of plain polygons",
            "save it as triangles in one piece",
        )
    piece = pieces[0]
    n_points, n_polys = (_count(document, piece, name) for name in ("Points", "Polys"))
    if not n_polys or not n_points:
        raise InputError(f"{path} holds no polygons", "a surface", "export the surface")
    points = read_array(document, _array(document, piece, "Points/DataArray"), (3, n_points)).T
    ends = _whole(document, piece, "offsets", n_polys)
    if (np.diff(ends, prepend=0) < 0).any() or ends[-1] == 0:
        raise damaged(path, "its polygons end before they begin")
    corners = _whole(document, piece, "connectivity", int(ends[-1]))
    if corners.min() < 0 or corners.max() >= n_points:
        raise damaged(path, f"polygons of points beyond its {n_points}")
    return Mesh(np.asarray(points, np.float64), _triangles(corners, ends))


def _count(document: Document, piece: Element, what: str) -> int:
    text = piece.get(f"NumberOf{what}", "0")
    if not text.isdecimal():
        raise damaged(document.path, f"NumberOf{what} is {text[:40]!r}")
    return int(text[:18])


def _array(document: Document, piece: Element, place: str) -> Element:
    found = piece.find(place)
    if found is None:
        raise damaged(document.path, f"no {place}")
    return found


def _whole(document: Document, piece: Element, name: str, count: int) -> NDArray[np.int64]:
    array = _array(document, piece, f"Polys/DataArray[@Name='{name}']")
    return read_array(document, array, (count,)).astype(np.int64)


def _triangles(corners: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cut every polygon into triangles that share its first corner."""
    starts = np.r_[0, ends[:-1]]
    n_each = np.maximum(ends - starts - 2, 0)
    first = np.repeat(starts, n_each)
    step = np.arange(n_each.sum()) - np.repeat(n_each.cumsum() - n_each, n_each) + 1
    return np.stack([corners[first], corners[first + step], corners[first + step + 1]], axis=1)
