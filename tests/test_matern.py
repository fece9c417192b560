"""Half-integer Matérn correlations are an exponential times a polynomial."""

import numpy as np
import pytest

from lumenfield.matern import matern_correlation


@pytest.mark.parametrize(
    ("smoothness", "polynomial"),
    [
        (0.5, lambda r: np.ones_like(r)),
        (1.5, lambda r: 1 + r),
        (2.5, lambda r: 1 + r + r**2 / 3),
    ],
)
def test_half_integers_have_a_closed_form(smoothness, polynomial):
    r = np.linspace(0, 5, 20)
    assert np.allclose(matern_correlation(r, smoothness), polynomial(r) * np.exp(-r), atol=1e-6)


def test_the_closed_form_is_what_the_bessel_function_gives_beside_it():
    r = np.linspace(0, 5, 20)
    assert np.allclose(matern_correlation(r, 1.5), matern_correlation(r, 1.5 + 1e-9), atol=1e-6)
