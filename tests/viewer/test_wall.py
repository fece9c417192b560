"""The wall as MZ3: the same surface, σ where it is."""

import struct
from pathlib import Path

import numpy as np
import pytest

from lumenfield import io
from lumenfield.datatypes import Mesh, Volume
from lumenfield.errors import InputError
from lumenfield.viewer.wall import mz3, read_stl, sampled


def test_an_stl_is_read_back_with_its_corners_joined(tmp_path: Path):
    tetrahedron = Mesh(
        np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]),
        np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]),
    )
    io.write_mesh(tetrahedron, tmp_path / "t.stl")
    found = read_stl(tmp_path / "t.stl")
    assert len(found.vertices) == 4
    corners = tetrahedron.vertices[tetrahedron.faces]
    np.testing.assert_array_equal(found.vertices[found.faces], corners)


@pytest.mark.parametrize("data", [b"", b"solid text", b"x" * 84 + b"\1"])
def test_a_damaged_stl_is_refused(tmp_path: Path, data: bytes):
    (tmp_path / "w.stl").write_bytes(data)
    with pytest.raises(InputError, match="damaged; a binary STL"):
        read_stl(tmp_path / "w.stl")


def test_a_missing_stl_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="No such file"):
        read_stl(tmp_path / "w.stl")


def test_a_linear_field_is_sampled_exactly_on_an_oblique_grid():
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    affine = np.eye(4)
    affine[:3, :3] = turn * (0.5, 1.0, 2.0)
    affine[:3, 3] = (4, -7, 1)
    index = np.moveaxis(np.indices((6, 5, 4)), 0, -1)
    world = index @ affine[:3, :3].T + affine[:3, 3]
    slope = np.array([0.3, -0.2, 0.7])
    volume = Volume((world @ slope).astype(np.float32), affine)
    points = np.array([[1.5, 2.2, 0.7], [4.9, 3.1, 2.9]]) @ affine[:3, :3].T + affine[:3, 3]
    np.testing.assert_allclose(sampled(volume, points), points @ slope, atol=1e-4)


def test_mz3_holds_faces_vertices_and_scalars_in_that_order():
    mesh = Mesh(np.arange(9.0).reshape(3, 3), np.array([[0, 1, 2]]))
    data = mz3(mesh, np.array([7.0, 8.0, 9.0], np.float32))
    assert struct.unpack_from("<2sHIII", data) == (b"MZ", 1 | 2 | 8, 1, 3, 0)
    assert struct.unpack_from("<3I", data, 16) == (0, 1, 2)
    assert struct.unpack_from("<9f", data, 28) == tuple(range(9))
    assert struct.unpack_from("<3f", data, 64) == (7, 8, 9)
    assert len(data) == 76
