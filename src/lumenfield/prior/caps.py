"""Planes where vessels leave the field of view; separate because they are no part of the wall."""

import math

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Cap, Volume

__all__ = ["caps_of"]


def caps_of(distance: Volume) -> tuple[Cap, ...]:
    """Find every place where the lumen meets the outermost plane of voxel centres.

    Args:
        distance: mm, with vessels that go on through the border.

    Returns:
        One cap a connected opening, face after face. In 2-D the radius is half the opening.
    """
    caps: list[Cap] = []
    for axis in range(distance.ndim):
        for index, sign in ((0, -1.0), (distance.shape[axis] - 1, 1.0)):
            caps += _on_face(distance, axis, index, sign)
    return tuple(caps)


def _on_face(distance: Volume, axis: int, index: int, sign: float) -> list[Cap]:
    from scipy.ndimage import binary_dilation, label

    face = distance.values.take(index, axis=axis).astype(np.float64)
    spacing = tuple(h for a, h in enumerate(distance.spacing) if a != axis)
    share = _share(face, spacing)
    everywhere = np.ones((3,) * face.ndim)
    openings, count = label(face < 0, structure=everywhere)
    inverse = np.linalg.inv(distance.affine[:3, :3])
    normal = sign * inverse[axis] / np.linalg.norm(inverse[axis])
    caps = []
    for number in range(1, count + 1):
        # The wall runs through the voxels just outside the opening too.
        part = share * binary_dilation(openings == number, structure=everywhere)
        places = np.indices(face.shape).reshape(face.ndim, -1)
        middle = (places * part.ravel()).sum(1) / part.sum()
        voxel = np.zeros(4)
        voxel[: distance.ndim] = np.insert(middle, axis, index)
        voxel[3] = 1.0
        centre = (distance.affine @ voxel)[:3]
        caps.append(Cap(_triple(centre), _triple(normal), _radius(distance, axis, part.sum())))
    return caps


def _share(face: NDArray[np.float64], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Share of each voxel's face inside the lumen: ½ − φ/(h |∇φ|), between 0 and 1."""
    steps = [
        np.gradient(face, axis=a) if n > 1 else np.zeros_like(face)
        for a, n in enumerate(face.shape)
    ]
    change = np.sqrt(sum((s**2 for s in steps), np.zeros_like(face)))
    return np.clip(0.5 - face / np.maximum(change, 0.1 * min(spacing)), 0, 1)


def _radius(distance: Volume, axis: int, voxels: float) -> float:
    """Radius in mm of the disc, or in 2-D half the segment, as large as so many voxel faces."""
    if distance.ndim == 2:
        return float(voxels * distance.spacing[1 - axis] / 2)
    columns = np.delete(distance.affine[:3, :3], axis, axis=1)
    area = float(np.linalg.norm(np.cross(columns[:, 0], columns[:, 1])))
    return math.sqrt(voxels * area / math.pi)


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z
