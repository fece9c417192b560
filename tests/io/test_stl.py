from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import Mesh
from lumenfield.errors import InputError
from lumenfield.io import write_mesh

TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
TETRAHEDRON = Mesh(
    np.array([[0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 2]]) + np.array([-5.5, 40, 7]),
    np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]]),
)


def test_triangles_are_written_in_world_millimetres(tmp_path: Path) -> None:
    write_mesh(TETRAHEDRON, tmp_path / "a.stl")
    data = (tmp_path / "a.stl").read_bytes()
    assert data[80:84] == (4).to_bytes(4, "little")
    assert len(data) == 84 + 4 * 50
    triangles = np.frombuffer(data[84:], TRIANGLE)
    np.testing.assert_array_equal(triangles["corners"], TETRAHEDRON.vertices[TETRAHEDRON.faces])


def test_normals_are_unit_vectors_pointing_outward(tmp_path: Path) -> None:
    write_mesh(TETRAHEDRON, tmp_path / "a.stl")
    triangles = np.frombuffer((tmp_path / "a.stl").read_bytes()[84:], TRIANGLE)
    slant = np.ones(3) / np.sqrt(3)
    np.testing.assert_allclose(
        triangles["normal"], [-np.eye(3)[2], -np.eye(3)[1], -np.eye(3)[0], slant]
    )


def test_a_title_that_begins_with_solid_would_be_taken_for_text(tmp_path: Path) -> None:
    write_mesh(TETRAHEDRON, tmp_path / "a.stl")
    assert not (tmp_path / "a.stl").read_bytes().startswith(b"solid")


def test_flat_triangles_and_empty_surfaces_are_written(tmp_path: Path) -> None:
    for faces in (np.array([[0, 0, 1]]), np.zeros((0, 3), np.int64)):
        write_mesh(Mesh(TETRAHEDRON.vertices, faces), tmp_path / "a.stl")
        data = (tmp_path / "a.stl").read_bytes()
        assert np.frombuffer(data[84:], TRIANGLE)["normal"].tolist() == [[0, 0, 0]] * len(faces)


def test_an_outline_is_refused(tmp_path: Path) -> None:
    outline = Mesh(np.eye(3), np.array([[0, 1], [1, 2]]))
    with pytest.raises(InputError, match=r"a 2-D outline for .*; \.stl holds triangles: write"):
        write_mesh(outline, tmp_path / "a.stl")
    assert list(tmp_path.iterdir()) == []
