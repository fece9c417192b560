"""Meshes are closed, face outward and lie on the wall."""

import numpy as np
import pytest

from lumenfield.datatypes import Volume, scaling
from lumenfield.errors import InputError
from lumenfield.prior import check_wall, wall_mesh


def ball(shape=(18, 20, 16), spacing=None, radius=5.0, centre=None):
    spacing = spacing or (1.0,) * len(shape)
    centre = np.array(shape) / 2 - 0.3 if centre is None else np.array(centre)
    steps = np.indices(shape) - centre.reshape(-1, *[1] * len(shape))
    scaled = steps * np.reshape(spacing, (-1, *[1] * len(shape)))
    return np.sqrt((scaled**2).sum(0)) - radius


def oblique(spacing, mirrored=False):
    generator = np.random.default_rng(0)
    turn, _ = np.linalg.qr(generator.normal(size=(3, 3)))
    if (np.linalg.det(turn) < 0) != mirrored:
        turn[:, 0] *= -1
    affine = scaling(spacing)
    affine[:3, :3] = turn @ affine[:3, :3]
    affine[:3, 3] = (-12.5, 31.0, 7.25)
    return affine


def enclosed(mesh):
    corners = mesh.vertices[mesh.faces]
    return np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6


@pytest.mark.parametrize("mirrored", [False, True])
def test_mesh_lies_on_the_wall_and_faces_outward(mirrored):
    spacing = (0.7, 0.8, 1.1)
    affine = oblique(spacing, mirrored)
    mesh = wall_mesh(Volume(ball(spacing=spacing, radius=4.0), affine))
    centre = (affine @ np.append(np.array((18, 20, 16)) / 2 - 0.3, 1))[:3]
    radii = np.linalg.norm(mesh.vertices - centre, axis=1)
    np.testing.assert_allclose(radii, 4.0, atol=0.04)
    assert enclosed(mesh) == pytest.approx(4 / 3 * np.pi * 64, rel=0.04)


def test_mesh_is_closed_where_the_vessel_leaves_the_grid():
    mesh = wall_mesh(Volume(ball(centre=(0.0, 9.7, 7.7)), np.eye(4)))
    edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
    there = {tuple(e) for e in edges.tolist()}
    assert all((b, a) in there for a, b in there)
    assert mesh.vertices[:, 0].min() == pytest.approx(-0.5, abs=1e-5)


def test_a_slice_gives_closed_lines():
    disc = np.minimum(ball((24, 20), (1, 1), 4.0, (8, 9)), ball((24, 20), (1, 1), 2.0, (18, 9)))
    mesh = wall_mesh(Volume(disc, np.eye(4)))
    assert mesh.faces.shape[1] == 2
    assert (np.bincount(mesh.faces.ravel()) == 2).all()
    lengths = np.linalg.norm(np.diff(mesh.vertices[mesh.faces], axis=1), axis=-1)
    assert lengths.sum() == pytest.approx(2 * np.pi * 6, rel=0.02)


def test_no_wall_no_mesh():
    with pytest.raises(InputError, match="one sign"):
        wall_mesh(Volume(np.ones((5, 5, 5)), np.eye(4)))


@pytest.mark.parametrize("radius", [3.0, 6.0])
def test_vertices_lie_on_the_zero_level_not_on_chords_between_voxels(radius):
    distance = Volume(ball((20, 20, 20), radius=radius), np.eye(4))
    mesh = wall_mesh(distance)
    centre = np.full(3, 20 / 2 - 0.3)
    off = np.linalg.norm(mesh.vertices - centre, axis=1) - radius
    assert abs(off.mean()) < 2e-3
    found = check_wall(mesh, distance)
    assert found.rms_voxels < 2e-3
    assert found.volume_ml == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=0.02)
    assert abs(found.change) < 0.025


def test_a_slice_is_measured_too():
    distance = Volume(ball((24, 22), radius=6.0), np.eye(4))
    found = check_wall(wall_mesh(distance), distance)
    assert found.rms_voxels < 2e-3
    assert found.volume_ml == pytest.approx(np.pi * 36 / 1000, rel=0.01)


def test_a_volume_is_read_at_the_vertices():
    distance = Volume(ball(radius=4.0), oblique((0.7, 0.8, 1.1)))
    ramp = distance.like(np.indices((18, 20, 16))[0].astype(np.float32))
    mesh = wall_mesh(distance)
    back = np.linalg.inv(distance.affine)
    index = mesh.vertices @ back[0, :3] + back[0, 3]
    np.testing.assert_allclose(ramp.at(mesh.vertices), index, atol=1e-4)
