"""The wall as a mesh that carries σ at each vertex; separate because STL cannot hold it.

MZ3 is a format NiiVue reads: 16 bytes of header, then faces (uint32), vertices (float32, world mm)
and one scalar a vertex (float32), all little-endian.
Source: github.com/neurolabusc/surf-ice, mz3/README.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Mesh

__all__ = ["mz3"]

_HAS_FACES, _HAS_VERTICES, _HAS_SCALARS = 1, 2, 8


def mz3(mesh: Mesh, scalars: NDArray[np.float32]) -> bytes:
    """Pack a triangulated surface with one scalar a vertex as MZ3."""
    attributes = _HAS_FACES | _HAS_VERTICES | _HAS_SCALARS
    header = struct.pack("<2sHIII", b"MZ", attributes, len(mesh.faces), len(mesh.vertices), 0)
    parts = (mesh.faces.astype("<u4"), mesh.vertices.astype("<f4"), scalars.astype("<f4"))
    return header + b"".join(part.tobytes() for part in parts)
