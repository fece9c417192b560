"""The wall as a mesh that carries σ at each vertex; separate because STL cannot hold it.

MZ3 is a format NiiVue reads: 16 bytes of header, then faces (uint32), vertices (float32, world mm)
and one scalar a vertex (float32), all little-endian.
Source: github.com/neurolabusc/surf-ice, mz3/README.
"""

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Mesh, Volume
from lumenfield.errors import InputError

__all__ = ["mz3", "read_stl", "sampled"]

_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_HEADER = 84
_HAS_FACES, _HAS_VERTICES, _HAS_SCALARS = 1, 2, 8


def read_stl(path: Path) -> Mesh:
    """Read a binary STL and join the corners that lie on one place.

    Raises:
        InputError: it is missing, or not a whole binary STL.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", "a binary STL", "segment again") from None
    count = int.from_bytes(data[80:_HEADER], "little")
    if len(data) < _HEADER or len(data) != _HEADER + count * _TRIANGLE.itemsize:
        raise InputError(f"{path} is damaged", "a binary STL", "segment the scan again")
    corners = np.frombuffer(data, _TRIANGLE, offset=_HEADER)["corners"].reshape(-1, 3)
    keys = np.ascontiguousarray(corners).view(np.dtype((np.void, 12))).ravel()
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    vertices = corners[first].astype(np.float64)
    return Mesh(vertices, places.reshape(-1, 3).astype(np.int64))


def sampled(volume: Volume, points: NDArray[np.float64]) -> NDArray[np.float32]:
    """Read a volume at world points (n×3, mm), linearly between voxels."""
    from scipy.ndimage import map_coordinates

    inverse = np.linalg.inv(volume.affine)
    index = points @ inverse[:3, :3].T + inverse[:3, 3]
    values: NDArray[np.float32] = map_coordinates(
        volume.values.astype(np.float32, copy=False), index.T, order=1, mode="nearest"
    )
    return values


def mz3(mesh: Mesh, scalars: NDArray[np.float32]) -> bytes:
    """Pack a triangulated surface with one scalar a vertex as MZ3."""
    attributes = _HAS_FACES | _HAS_VERTICES | _HAS_SCALARS
    header = struct.pack("<2sHIII", b"MZ", attributes, len(mesh.faces), len(mesh.vertices), 0)
    parts = (mesh.faces.astype("<u4"), mesh.vertices.astype("<f4"), scalars.astype("<f4"))
    return header + b"".join(part.tobytes() for part in parts)
