"""A prior on another grid has the same wall."""

import dataclasses

import numpy as np
import pytest

from lumenfield.datatypes import Volume, scaling
from lumenfield.errors import InputError
from lumenfield.prior import read_pack, resample_prior, wall_mesh, write_pack


def other_grid(shape=(40, 34, 30), turn=0.4, spacing=(0.7, 0.65, 0.6), first=(4.0, 2.5, 2.0)):
    affine = scaling(spacing)
    c, s = np.cos(turn), np.sin(turn)
    affine[:3, :3] = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ affine[:3, :3]
    affine[:3, 3] = first
    return Volume(np.zeros(shape, np.float32), affine)


@pytest.mark.parametrize("suffix", ["npz", "h5"])
def test_written_read_and_resampled_the_wall_stays(tube, tmp_path, suffix):
    prior = tube(4.0)
    write_pack(prior, tmp_path / f"prior.{suffix}")
    grid = other_grid(first=(4.0, 8.0, -2.0))
    found = resample_prior(read_pack(tmp_path / f"prior.{suffix}"), grid)
    assert found.distance.same_grid(grid)
    mesh = wall_mesh(found.distance)
    inner = (np.abs(mesh.vertices[:, 1] - 11.2) < 6) & (np.abs(mesh.vertices[:, 2] - 10.2) < 6)
    radii = np.hypot(mesh.vertices[:, 1] - 11.2, mesh.vertices[:, 2] - 10.2)[inner]
    far = np.abs(mesh.vertices[:, 0][inner] - 17) < 10
    assert np.sqrt(np.mean((radii[far] - 4.0) ** 2)) < 0.02
    np.testing.assert_allclose(found.spread.values, 0.2, atol=1e-6)


def test_its_own_grid_changes_nothing(tube):
    prior = tube(4.0)
    same = resample_prior(prior, prior.distance)
    np.testing.assert_allclose(same.distance.values, prior.distance.values, atol=1e-5)


def test_samples_go_along(tube):
    prior = tube(4.0)
    with_one = dataclasses.replace(prior, samples=prior.distance.values[None] + 0.25)
    found = resample_prior(with_one, other_grid(first=(4.0, 8.0, -2.0)))
    np.testing.assert_allclose(found.samples[0], found.distance.values + 0.25, atol=1e-4)


def test_grids_that_cannot_be(tube):
    with pytest.raises(InputError, match="grid is 2-D; the prior is 3-D"):
        resample_prior(tube(), Volume(np.zeros((8, 8)), np.eye(4)))
    with pytest.raises(InputError, match="out of the lumen"):
        resample_prior(tube(), other_grid(first=(4.0, 500.0, 0.0)))
