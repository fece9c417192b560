"""Packs for other programs hold the same numbers, in metres."""

import json

import h5py
import numpy as np
import pytest
from scipy.io import loadmat

from lumenfield import io
from lumenfield.datatypes import scaling
from lumenfield.prior import read_pack, with_samples, write_pack
from lumenfield.prior.grids import write_mat, write_pack_vti, write_pack_vtk


def turned():
    affine = scaling((0.7, 0.8, 0.9))
    affine[:3, :3] = affine[:3, :3] @ np.diag([-1, 1, 1])
    affine[:3, 3] = (9.0, -3.0, 5.0)
    return affine


def test_hdf5_is_read_back(tube, tmp_path):
    prior = with_samples(tube(affine=turned()), 2)
    write_pack(prior, tmp_path / "prior.h5", {"psi": prior.distance.values})
    found = read_pack(tmp_path / "prior.h5")
    np.testing.assert_allclose(found.distance.values, prior.distance.values, rtol=1e-5)
    np.testing.assert_allclose(found.distance.affine, prior.distance.affine, atol=1e-9)
    np.testing.assert_allclose(found.samples, prior.samples, rtol=1e-5)
    assert (found.meta, len(found.caps)) == (prior.meta, 2)
    with h5py.File(tmp_path / "prior.h5") as file:
        assert file["units"][()] == b"m"
        assert file["phi_bar"][:].min() == pytest.approx(-4e-3, abs=1e-3)
        assert "psi" in file


def test_matlab_gets_one_struct(tube, tmp_path):
    prior = tube(affine=turned())
    write_mat(prior, tmp_path / "prior.mat", {"psi": prior.distance.values})
    struct = loadmat(tmp_path / "prior.mat", simplify_cells=True)["prior"]
    np.testing.assert_allclose(struct["phi_bar"], prior.distance.values * 1e-3, rtol=1e-6)
    np.testing.assert_allclose(struct["spacing"], [0.7e-3, 0.8e-3, 0.9e-3])
    assert struct["units"] == "m"
    assert json.loads(struct["meta"])["version"] == prior.meta.version


@pytest.mark.parametrize("affine", [None, turned()])
@pytest.mark.parametrize(("suffix", "write"), [("vti", write_pack_vti), ("vtk", write_pack_vtk)])
def test_vtk_reads_the_same_grid_in_metres(tube, tmp_path, suffix, write, affine):
    prior = tube(affine=affine)
    path = tmp_path / f"prior.{suffix}"
    write(prior, path, {"psi": 2e-3 * prior.distance.values})
    found = io.read(path, io.ReadOptions(array="phi_bar"))
    np.testing.assert_allclose(found.values, prior.distance.values * 1e-3, rtol=1e-5)
    np.testing.assert_allclose(found.affine[:3], prior.distance.affine[:3] * 1e-3, atol=1e-9)


def test_straight_grids_are_structured_points(tube, tmp_path):
    write_pack_vtk(tube(), tmp_path / "prior.vtk", {})
    assert b"DATASET STRUCTURED_POINTS" in (tmp_path / "prior.vtk").read_bytes()[:200]
