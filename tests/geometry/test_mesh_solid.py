"""A mesh's distance is that of its triangles, near and far, whichever way they face."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lumenfield.datatypes import Mesh
from lumenfield.errors import InputError
from lumenfield.geometry import Ball, MeshSolid, sample_bound
from lumenfield.geometry.closed import signed_volume

AORTA = Path(__file__).parents[3] / "shared" / "data" / "geometry" / "aorto_iliac.vtp"


def ball(splits=3, radius=10.0):
    """An icosphere by cutting an octahedron's triangles in four."""
    vertices = np.concatenate([np.eye(3), -np.eye(3)])
    faces = np.array(
        [[0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5]]
    )
    corners = vertices[faces]
    for _ in range(splits):
        a, b, c = corners.swapaxes(0, 1)
        ab, bc, ca = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a + b, b + c, c + a))
        parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
        corners = np.concatenate([np.stack(p, 1) for p in parts])
    return Mesh(radius * corners.reshape(-1, 3), np.arange(3 * len(corners)).reshape(-1, 3))


def box(half=(2.0, 3.0, 4.0)):
    grid = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * half
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return Mesh(grid, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]))


def cloud(n=400, reach=12.0):
    return torch.randn(n, 3, generator=torch.Generator().manual_seed(1)) * reach


def test_a_ball_of_triangles_is_a_ball():
    solid, points = MeshSolid(ball(5)), cloud()
    torch.testing.assert_close(
        solid.distance(points), Ball(10.0).distance(points), atol=0.02, rtol=0
    )


def test_a_box_is_exact_at_faces_edges_and_corners():
    points = cloud(600, 5.0)
    over = points.abs() - torch.tensor([2.0, 3.0, 4.0])
    expected = over.clamp(min=0).norm(dim=-1) + over.amax(-1).clamp(max=0)
    torch.testing.assert_close(MeshSolid(box()).distance(points), expected, atol=1e-5, rtol=0)


def test_signs_are_right_far_away_and_at_the_middle():
    solid = MeshSolid(ball(2))
    places = torch.tensor([[0.0, 0.0, 0.0], [1e3, 1e3, 0.0], [0.0, 0.0, 9.0], [0.0, 0.0, 10.5]])
    assert (solid.distance(places) < 0).tolist() == [True, False, True, False]


def test_signs_beyond_a_needle_are_those_of_its_planes():
    corners = np.array([[0.0, 0, 10], [1, 0, 0], [-0.5, 0.9, 0], [-0.5, -0.9, 0]])
    faces = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 1], [1, 3, 2]])
    points = cloud(2000, 0.6) + torch.tensor([0.0, 0.0, 10.0])
    outward = np.cross(*(corners[faces[:, k]] - corners[faces[:, 0]] for k in (1, 2)))
    over = (points.numpy()[:, None] - corners[faces[:, 0]]) * outward
    expected = torch.as_tensor(over.sum(-1).max(1) < 0)
    assert torch.equal(MeshSolid(Mesh(corners, faces)).distance(points) < 0, expected)


@pytest.mark.parametrize("turned", [slice(None, None, 3), slice(None), slice(0)])
def test_triangles_that_face_the_wrong_way_are_turned(turned):
    mesh = box()
    mesh.faces[turned] = mesh.faces[turned, ::-1]
    points = cloud(100, 5.0)
    torch.testing.assert_close(MeshSolid(mesh).distance(points), MeshSolid(box()).distance(points))


def test_a_cavity_stays_a_cavity():
    outer, inner = box((4.0, 4.0, 4.0)), box((2.0, 2.0, 2.0))
    faces = np.concatenate([outer.faces, inner.faces[:, ::-1] + 8])
    shell = MeshSolid(Mesh(np.concatenate([outer.vertices, inner.vertices]), faces))
    places = torch.tensor([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [5.0, 0.0, 0.0]])
    assert shell.distance(places).tolist() == pytest.approx([2.0, -1.0, 1.0])


def test_a_grid_skips_nothing_of_a_mesh():
    solid = MeshSolid(ball(4)).moved(0.3, 0.1, -0.4)
    phi = sample_bound(solid, (30, 30, 30), (1.0, 1.0, 1.0))
    expected = sample_bound(Ball(10.0).moved(0.3, 0.1, -0.4), (30, 30, 30), (1.0, 1.0, 1.0))
    near = expected.abs() < 4
    assert (phi - expected)[near].abs().max() < 0.05
    assert (torch.sign(phi) != torch.sign(expected)).float().mean() < 0.01


def test_centred_moves_the_middle_to_the_origin():
    mesh = box()
    moved = MeshSolid(Mesh(mesh.vertices + np.array([50.0, -20.0, 3.0]), mesh.faces)).centred()
    points = cloud(50, 5.0)
    torch.testing.assert_close(
        moved.distance(points), MeshSolid(box()).distance(points), atol=1e-5, rtol=0
    )


def test_it_tells_what_it_is():
    assert repr(MeshSolid(box())) == "MeshSolid(12 triangles from (-2, -3, -4) to (2, 3, 4) mm)"


def test_an_open_mesh_is_refused_with_its_open_edges():
    mesh = ball(2)
    with pytest.raises(InputError, match=r"mesh with 3 open edges of 192; .*: close its holes"):
        MeshSolid(Mesh(mesh.vertices, mesh.faces[1:]))


def test_triangles_that_share_an_edge_by_three_are_refused():
    mesh = box()
    faces = np.concatenate([mesh.faces, [[0, 1, 7]]])
    with pytest.raises(InputError, match="1 open edges and 2 edges with more than two"):
        MeshSolid(Mesh(mesh.vertices, faces))


@pytest.mark.parametrize(
    ("mesh", "message"),
    [
        (Mesh(np.eye(3)[:, :2], np.array([[0, 1], [1, 2]])), "2-cornered faces in 2-D; .* mask"),
        (Mesh(np.eye(3), np.zeros((0, 3), int)), "mesh without triangles"),
        (Mesh(np.eye(3), np.zeros((2, 3), int)), "mesh without triangles"),
        (Mesh(np.full((3, 3), np.nan), np.array([[0, 1, 2]])), "not finite"),
    ],
)
def test_what_bounds_no_solid_is_refused(mesh, message):
    with pytest.raises(InputError, match=message):
        MeshSolid(mesh)


def test_points_in_the_plane_are_refused():
    with pytest.raises(InputError, match="mesh in 3-D asked at 2-D points"):
        MeshSolid(box()).distance(torch.zeros(3, 2))


def test_a_unit_that_is_not_positive_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"unit of 0\.0 mm; a positive length"):
        MeshSolid.read(tmp_path / "a.stl", unit_mm=0.0)


@pytest.mark.skipif(not AORTA.exists(), reason="the aorto-iliac surface is not beside the checkout")
def test_a_real_aorta_in_centimetres_holds_its_volume():
    solid = MeshSolid.read(AORTA, unit_mm=10.0)
    assert solid.bounds_mm[1, 2] - solid.bounds_mm[0, 2] == pytest.approx(345.0, abs=0.1)
    phi = sample_bound(solid.centred(), (32, 20, 72), (5.0, 5.0, 5.0), band=0.1)
    lumen = float((phi < 0).sum()) * 125
    volume = signed_volume(solid.mesh.vertices, solid.mesh.faces).sum()
    assert lumen == pytest.approx(volume, rel=0.03)
