"""What is written is read back."""

from dataclasses import asdict

import numpy as np
import pytest

from lumenfield.datatypes import BoundaryPrior, Cap, MaternField, PriorMeta, Volume, scaling
from lumenfield.errors import InputError
from lumenfield.prior import read_pack, write_pack


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

    monkeypatch.setattr(np.lib.format, "write_array", fail)
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
