"""What is written is read back; meshes are closed and face outward."""

from dataclasses import asdict

import numpy as np
import pytest

from lumenfield.datatypes import BoundaryPrior, Cap, MaternField, PriorMeta, Volume, scaling
from lumenfield.errors import InputError
from lumenfield.refinement import read_pack, wall_mesh, write_pack


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


def prior(shape=(18, 20, 16), caps=True):
    distance = Volume(ball(shape).astype(np.float32), oblique((0.7, 0.8, 1.9)))
    return BoundaryPrior(
        distance=distance,
        spread=distance.like(np.full(shape, 0.13, dtype=np.float32)),
        caps=(Cap((1.0, -2.0, 3.5), (0.0, 0.6, 0.8), 2.25),) if caps else (),
        field=MaternField(0.4, 3.5, 3.0),
        meta=PriorMeta("net", "0.1", (12, 3), ("mind the gap",)),
    )


@pytest.mark.parametrize("caps", [True, False])
def test_a_pack_is_read_back(tmp_path, caps):
    written = prior(caps=caps)
    write_pack(written, tmp_path / "prior.npz")
    found = read_pack(tmp_path / "prior.npz")
    np.testing.assert_allclose(found.distance.affine, written.distance.affine, atol=1e-9)
    np.testing.assert_allclose(found.distance.values, written.distance.values, rtol=1e-6)
    np.testing.assert_allclose(found.spread.values, written.spread.values, rtol=1e-6)
    assert found.meta == written.meta
    assert len(found.caps) == len(written.caps)
    for one, other in zip(found.caps, written.caps, strict=True):
        assert (*one.centre, *one.normal, one.radius_mm) == pytest.approx(
            (*other.centre, *other.normal, other.radius_mm)
        )
    assert asdict(found.field) == pytest.approx(asdict(written.field))


def test_a_slice_is_read_back_with_its_place(tmp_path):
    write_pack(prior((9, 11)), tmp_path / "prior.npz")
    found = read_pack(tmp_path / "prior.npz").distance
    assert found.shape == (9, 11)
    np.testing.assert_allclose(found.affine, prior((9, 11)).distance.affine, atol=1e-9)


def test_a_pack_is_in_metres(tmp_path):
    write_pack(prior(), tmp_path / "prior.npz")
    with np.load(tmp_path / "prior.npz") as pack:
        assert str(pack["units"]) == "m"
        assert pack["phi_bar"].dtype == np.float32
        assert pack["phi_bar"].min() == pytest.approx(-5e-3, rel=0.15)
        assert pack["sigma_phi"] == pytest.approx(0.4e-3)
        assert pack["length"] == pytest.approx(3.5e-3)
        np.testing.assert_allclose(pack["spacing"], (0.7e-3, 0.8e-3, 1.9e-3))
        np.testing.assert_allclose(pack["cap_radius"], [2.25e-3])


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_args, **_arrays):
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="disk full"):
        write_pack(prior(), tmp_path / "prior.npz")
    assert list(tmp_path.iterdir()) == []


def test_packs_that_cannot_be_read_are_named(tmp_path):
    path = tmp_path / "prior.npz"
    with pytest.raises(InputError, match="check the path"):
        read_pack(path)
    path.write_bytes(b"not a pack")
    with pytest.raises(InputError, match="damaged"):
        read_pack(path)
    write_pack(prior(), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="damaged"):
        read_pack(path)


def test_another_version_or_a_missing_part_is_refused(tmp_path):
    path = tmp_path / "prior.npz"
    write_pack(prior(), path)
    with np.load(path) as pack:
        arrays = dict(pack)
    np.savez(path, **{**arrays, "version": np.array(99)})
    with pytest.raises(InputError, match="version 99"):
        read_pack(path)
    arrays.pop("phi_bar")
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="damaged"):
        read_pack(path)


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
