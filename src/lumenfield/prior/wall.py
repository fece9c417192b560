"""The wall as a mesh, true to the zero level; separate because a mesh is not a grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Mesh, Volume
from lumenfield.errors import InputError
from lumenfield.spacing import voxel_mm
from lumenfield.vessels.field import LumenField, lumen_field

__all__ = ["WallCheck", "check_wall", "wall_mesh"]

_STEPS = 2
_DIVIDED = 150_000
"""Faces of a mesh that is divided; more are small against their vessel already, and many."""


@dataclass(frozen=True)
class WallCheck:
    """How true a mesh is to the distance it was made from.

    Args:
        rms_voxels, worst_voxels: |φ| at its vertices, those of the ends apart.
        volume_ml: inside it. change: that over the lumen's own, less one.
    """

    rms_voxels: float
    worst_voxels: float
    volume_ml: float
    change: float


def wall_mesh(distance: Volume) -> Mesh:
    """Extract the zero level as a closed surface, normals outward; in 2-D as closed polylines.

    Vertices are moved along ∇φ onto the zero level of the cubic spline through φ; marching cubes
    puts them on straight lines between voxels. Faces are chords of a round wall: at a radius of six
    voxels they hold 2 % too little, so each is divided once, which makes that 0.5 %. Where the
    lumen meets the border of the grid, it is closed half a voxel beyond the last voxel's centre.

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
    field = lumen_field(distance)
    points = _onto(field, (places - 1) * field.spacing)
    if len(faces) <= _DIVIDED:
        points, faces = _finer(points, faces)
        points = _onto(field, points)
    if distance.ndim == 3 and np.linalg.det(distance.affine[:3, :3]) < 0:
        faces = faces[:, ::-1]
    return Mesh(field.world(points), np.ascontiguousarray(faces, dtype=np.int64))


def check_wall(mesh: Mesh, distance: Volume) -> WallCheck:
    """Measure how far a mesh's vertices are from φ = 0, and what its lumen holds."""
    field = lumen_field(distance)
    points = distance.places_of(mesh.vertices) * field.spacing
    off = np.abs(field.at(points[field.within(points)])) / voxel_mm(distance.spacing)
    held = _enclosed(mesh)
    return WallCheck(
        rms_voxels=float(np.sqrt(np.mean(off**2))) if len(off) else 0.0,
        worst_voxels=float(off.max(initial=0.0)),
        volume_ml=held / 1000,
        change=float(held / _lumen(field, distance) - 1),
    )


def _lumen(field: LumenField, distance: Volume) -> float:
    """Volume of φ < 0, mm³ (mm² in 2-D): the voxels at the wall by the shares of their halves."""
    voxel = voxel_mm(distance.spacing)
    near = np.abs(distance.values) < 1.5 * max(distance.spacing)
    halves = np.stack(np.meshgrid(*[(-0.25, 0.25)] * field.ndim, indexing="ij"), -1)
    halves = halves.reshape(-1, field.ndim)
    phi = field.at((np.argwhere(near)[:, None] + halves) * field.spacing)
    shares = np.clip(0.5 - 2 * phi / voxel, 0, 1).mean(1).sum()
    return float((shares + ((distance.values < 0) & ~near).sum()) * np.prod(field.spacing))


def _onto(field: LumenField, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move points near the wall onto it; those of the closed ends stay."""
    points = points.copy()
    inner = field.within(points)
    limit = 0.5 * float(field.spacing.min())
    for _ in range(_STEPS):
        moved = points[inner]
        slope = np.stack(
            [
                (field.at(moved + half, order=1) - field.at(moved - half, order=1))
                / (2 * half.sum())
                for half in np.diag(0.5 * field.spacing)
            ],
            axis=1,
        )
        square = np.maximum((slope**2).sum(1), 0.1)
        step = -np.clip(field.at(moved), -limit, limit) / square
        points[inner] = moved + step[:, None] * slope
    return points


def _finer(
    points: NDArray[np.float64], faces: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Divide each triangle in four, each edge of an outline in two, at the middle of its edges."""
    size = faces.shape[1]
    turns = [[0, 1], [1, 2], [2, 0]] if size == 3 else [[0, 1]]
    edges = np.sort(np.concatenate([faces[:, turn] for turn in turns]), axis=1)
    unique, number = np.unique(edges, axis=0, return_inverse=True)
    middle = (len(points) + number.reshape(len(turns), -1)).T
    points = np.concatenate([points, points[unique].mean(1)])
    if size == 2:
        halves = [[faces[:, 0], middle[:, 0]], [middle[:, 0], faces[:, 1]]]
        return points, np.concatenate([np.stack(half, axis=1) for half in halves])
    (a, b, c), (ab, bc, ca) = faces.T, middle.T
    quarters = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return points, np.concatenate([np.stack(quarter, axis=1) for quarter in quarters])


def _enclosed(mesh: Mesh) -> float:
    """Volume inside a closed surface, mm³; area inside closed polylines, mm²."""
    corners = mesh.vertices[mesh.faces]
    if mesh.faces.shape[1] == 3:
        triple = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2]))
        return abs(float(triple.sum())) / 6
    middle = mesh.vertices.mean(0)
    crossed = np.cross(corners[:, 0] - middle, corners[:, 1] - middle).sum(0)
    return float(np.linalg.norm(crossed)) / 2


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
