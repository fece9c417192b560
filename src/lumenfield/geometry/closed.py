"""Triangles made a closed surface or refused; separate because files hold them in any state."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from lumenfield.datatypes import Mesh
from lumenfield.errors import InputError

__all__ = ["closed_surface", "signed_volume"]

Faces = NDArray[np.int64]


def closed_surface(mesh: Mesh) -> Mesh:
    """Weld equal vertices, drop triangles without corners of their own, and turn normals outward.

    Where neighbours disagree about their outside, each connected part is turned as one so that it
    holds a positive volume. A surface whose triangles agree is turned as a whole at most, so that a
    cavity stays a cavity.

    Raises:
        InputError: an outline, no triangles, numbers that are not finite, or a surface with open
            edges or edges where more than two triangles meet.
    """
    if mesh.faces.ndim != 2 or mesh.faces.shape[1] != 3 or mesh.vertices.shape[1] != 3:
        raise InputError(
            f"mesh of {mesh.faces.shape[-1]}-cornered faces in {mesh.vertices.shape[-1]}-D",
            "a seed is bounded by triangles in 3-D",
            "use a mask as the seed in 2-D",
        )
    if not np.isfinite(mesh.vertices).all():
        raise InputError("mesh with vertices that are not finite", "numbers", "mend the mesh")
    vertices, number = np.unique(np.asarray(mesh.vertices, float), axis=0, return_inverse=True)
    faces = number.reshape(-1)[mesh.faces]
    faces = faces[(faces != np.roll(faces, 1, axis=1)).all(1)]
    if not len(faces):
        raise InputError("mesh without triangles", "a closed surface", "check the file")
    faces = _turned(vertices, faces)
    return Mesh(vertices, faces)


def signed_volume(vertices: NDArray[np.float64], faces: Faces) -> NDArray[np.float64]:
    """Volume between each triangle and the origin; the sum is positive for outward normals."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return (a * np.cross(b, c)).sum(1) / 6


def _turned(vertices: NDArray[np.float64], faces: Faces) -> Faces:
    first, second, agree = _neighbours(faces)
    centred = vertices - vertices.mean(0)
    if agree.all():
        outward = signed_volume(centred, faces).sum() > 0
        return faces if outward else faces[:, ::-1]
    flip = _parity(len(faces), first, second, agree)
    faces = np.where(flip[:, None], faces[:, ::-1], faces)
    graph = csr_array((np.ones(len(first)), (first, second)), shape=(len(faces),) * 2)
    _, part = connected_components(graph, directed=False)
    inward = np.bincount(part, signed_volume(centred, faces)) < 0
    return np.where(inward[part][:, None], faces[:, ::-1], faces)


def _neighbours(faces: Faces) -> tuple[Faces, Faces, NDArray[np.bool_]]:
    """The two triangles at every edge, and whether they run along it in opposite directions.

    Raises:
        InputError: an edge that has not two triangles.
    """
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    owner = np.tile(np.arange(len(faces)), 3)
    _, number, count = np.unique(
        np.sort(edges, axis=1), axis=0, return_inverse=True, return_counts=True
    )
    n_open, n_crowded = int((count == 1).sum()), int((count > 2).sum())
    if n_open or n_crowded:
        told = [f"{n_open} open edges"] if n_open else []
        told += [f"{n_crowded} edges with more than two triangles"] if n_crowded else []
        raise InputError(
            f"mesh with {' and '.join(told)} of {len(count)}",
            "a closed surface has two triangles at every edge",
            "close its holes, or use a mask as the seed",
        )
    order = number.reshape(-1).argsort(kind="stable").reshape(-1, 2)
    first, second = order.T
    agree = edges[first, 0] != edges[second, 0]
    return owner[first], owner[second], agree


def _parity(n: int, first: Faces, second: Faces, agree: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which triangles to flip so that all neighbours agree, from one triangle of each part on."""
    weight = np.where(agree, 1, 2)
    graph = csr_array((weight, (first, second)), shape=(n, n))
    graph = graph + graph.T
    n_parts, part = connected_components(graph, directed=False)
    flip = np.zeros(n, bool)
    for index in range(n_parts):
        start = int((part == index).argmax())
        order, before = breadth_first_order(graph, start, directed=False)
        for face in order[1:]:
            flip[face] = flip[before[face]] ^ bool(graph[before[face], face] == 2)
    return flip
