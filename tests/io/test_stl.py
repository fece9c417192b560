from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import Mesh
from lumenfield.errors import InputError
from lumenfield.io import write_mesh
from lumenfield.io.meshes import read_mesh

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


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_mesh(TETRAHEDRON, tmp_path / "a.stl")
    mesh = read_mesh(tmp_path / "a.stl")
    assert mesh.vertices.shape == (4, 3)
    corners = TETRAHEDRON.vertices[TETRAHEDRON.faces]
    np.testing.assert_array_equal(mesh.vertices[mesh.faces], corners)


def test_text_is_read_too(tmp_path: Path) -> None:
    lines = ["solid wall", " facet normal 0 0 1", "  outer loop"]
    lines += ["   vertex 0 0 0", "   vertex 1.5e0 0 0", "   VERTEX 0 1 0"]
    (tmp_path / "a.stl").write_text("\n".join([*lines, "  endloop", " endfacet", "endsolid"]))
    mesh = read_mesh(tmp_path / "a.stl")
    np.testing.assert_array_equal(mesh.vertices[mesh.faces], [[[0, 0, 0], [1.5, 0, 0], [0, 1, 0]]])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (bytes(80) + (7).to_bytes(4, "little") + bytes(50), "134 bytes for 7 triangles"),
        (bytes(84), "holds no triangles; a surface"),
        (b"solid a\nvertex 0 0 0\nvertex 1 0 0\nendsolid a", "2 corners in text"),
        (b"solid a\n" + 3 * b"vertex 0 x 0\n" + b"endsolid a", "could not convert"),
        (b"solid a\nendsolid a", "holds no triangles"),
    ],
)
def test_damaged_files_are_refused(tmp_path: Path, data: bytes, message: str) -> None:
    (tmp_path / "a.stl").write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_mesh(tmp_path / "a.stl")
