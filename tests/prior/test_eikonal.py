"""The viscous-Eikonal field against closed forms."""

import numpy as np
import pytest

from lumenfield.datatypes import Volume, scaling
from lumenfield.errors import InputError
from lumenfield.prior import viscous_eikonal


def slab(half=8.3, spacing=(0.5, 0.5)):
    x = (np.arange(61) - 30.2) * spacing[0]
    phi = np.repeat((np.abs(x) - half)[:, None], 4, axis=1)
    return x, Volume(phi.astype(np.float32), scaling(spacing))


@pytest.mark.parametrize("epsilon", [0.4, 1.5, 6.0])
def test_a_slab_is_exact_inside_and_a_distance_outside(epsilon):
    x, distance = slab()
    psi = viscous_eikonal(distance, epsilon).values[:, 2]
    inside = np.abs(x) < 8.3
    # w = cosh(x/ε)/cosh(a/ε); the logarithm of cosh without overflow.
    log_cosh = lambda t: np.abs(t) + np.log1p(np.exp(-2 * np.abs(t)))  # noqa: E731
    expected = -epsilon * (log_cosh(8.3 / epsilon) - log_cosh(x / epsilon))
    np.testing.assert_allclose(psi[inside], expected[inside], atol=1e-4)
    assert (np.sign(psi) == np.where(inside, -1, 1)).all()


def test_nothing_underflows_far_from_the_wall():
    x, distance = slab(half=1.0)
    psi = viscous_eikonal(distance, 0.25).values[:, 0]
    assert np.isfinite(psi).all()
    np.testing.assert_allclose(psi[1:4], (np.abs(x) - 1.0)[1:4], atol=0.2)


def test_a_ball():
    places = np.indices((22, 22, 22)) - np.array([10.3, 10.6, 10.5]).reshape(3, 1, 1, 1)
    r = np.sqrt((places**2).sum(0))
    psi = viscous_eikonal(Volume((r - 8).astype(np.float32), np.eye(4)), 3.0).values
    expected = -3.0 * np.log((r / 8) * np.sinh(8 / 3) / np.sinh(r / 3))
    inside = r < 8
    assert np.abs(psi - expected)[inside].max() < 0.05


def test_what_it_cannot_do():
    _, distance = slab()
    with pytest.raises(InputError, match="the grid resolves half a voxel"):
        viscous_eikonal(distance, 0.1)
    with pytest.raises(InputError, match="one sign"):
        viscous_eikonal(distance.like(np.ones(distance.shape)), 1.0)
