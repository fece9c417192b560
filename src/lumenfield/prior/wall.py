"""The wall as a mesh, true to the zero level; separate because a mesh is not a grid."""

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Mesh, Volume
from lumenfield.errors import InputError

__all__ = ["wall_mesh"]


def wall_mesh(distance: Volume) -> Mesh:
    """Extract the zero level as a closed surface, normals outward; in 2-D as closed polylines.

    Where the lumen meets the border of the grid, it is closed half a voxel beyond the last
    voxel's centre.

    Raises:
        InputError: there is no wall.

    Source: Lewiner et al., J. Graph. Tools 8 (2003) 1.
    """
    values = distance.values.astype(np.float64)
    if not (values < 0).any() or not (values >= 0).any():
        raise InputError("the distance has one sign", "a mesh needs a wall", "check the mask")
    # A mirror with its sign turned where it would be lumen puts the end halfway.
    padded = np.pad(values, 1, mode="edge")
    inner = np.pad(np.ones(values.shape, bool), 1)
    padded = np.where(inner, padded, np.abs(padded))
    places, faces = _surface(padded) if distance.ndim == 3 else _polylines(padded)
    full = np.zeros((len(places), 3))
    full[:, : distance.ndim] = places - 1
    if distance.ndim == 3 and np.linalg.det(distance.affine[:3, :3]) < 0:
        faces = faces[:, ::-1]
    vertices = full @ distance.affine[:3, :3].T + distance.affine[:3, 3]
    return Mesh(vertices, np.ascontiguousarray(faces, dtype=np.int64))


def _surface(padded: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    from skimage.measure import marching_cubes

    places, faces, _, _ = marching_cubes(
        padded, level=0.0, gradient_direction="descent", allow_degenerate=False
    )
    return places.astype(np.float64), faces


def _polylines(padded: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    from skimage.measure import find_contours

    places, edges, first = [], [], 0
    for line in find_contours(padded, 0.0):
        # A closed line repeats its first point at the end.
        n = len(line) - 1
        places.append(line[:-1])
        step = np.arange(n)
        edges.append(np.stack([first + step, first + (step + 1) % n], axis=1))
        first += n
    return np.concatenate(places), np.concatenate(edges)
