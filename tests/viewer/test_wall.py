"""The wall as MZ3: the same surface, σ where it is."""

import struct

import numpy as np

from lumenfield.datatypes import Mesh
from lumenfield.viewer.wall import mz3


def test_mz3_holds_faces_vertices_and_scalars_in_that_order():
    mesh = Mesh(np.arange(9.0).reshape(3, 3), np.array([[0, 1, 2]]))
    data = mz3(mesh, np.array([7.0, 8.0, 9.0], np.float32))
    assert struct.unpack_from("<2sHIII", data) == (b"MZ", 1 | 2 | 8, 1, 3, 0)
    assert struct.unpack_from("<3I", data, 16) == (0, 1, 2)
    assert struct.unpack_from("<9f", data, 28) == tuple(range(9))
    assert struct.unpack_from("<3f", data, 64) == (7, 8, 9)
    assert len(data) == 76
