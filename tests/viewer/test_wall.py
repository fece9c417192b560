"""The wall as MZ3: the same surface, σ where it is; and all that without torch."""

import struct
import subprocess
import sys

import numpy as np

from lumenfield.datatypes import Mesh, Volume
from lumenfield.viewer.wall import mz3


def test_mz3_holds_faces_vertices_and_scalars_in_that_order():
    mesh = Mesh(np.arange(9.0).reshape(3, 3), np.array([[0, 1, 2]]))
    data = mz3(mesh, np.array([7.0, 8.0, 9.0], np.float32))
    assert struct.unpack_from("<2sHIII", data) == (b"MZ", 1 | 2 | 8, 1, 3, 0)
    assert struct.unpack_from("<3I", data, 16) == (0, 1, 2)
    assert struct.unpack_from("<9f", data, 28) == tuple(range(9))
    assert struct.unpack_from("<3f", data, 64) == (7, 8, 9)
    assert len(data) == 76


def test_a_volume_is_read_between_its_voxels():
    volume = Volume(np.arange(8.0).reshape(2, 2, 2).astype(np.float32), np.diag([2.0, 1, 1, 1]))
    mesh = Mesh(np.array([[0.0, 0, 0], [1, 0, 0], [2, 1, 0.5]]), np.array([[0, 1, 2]]))
    np.testing.assert_allclose(volume.at(mesh.vertices), [0, 2, 6.5])


def test_the_page_does_not_wait_for_torch():
    code = "import sys, lumenfield.jobs.view, lumenfield.viewer.apps; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
