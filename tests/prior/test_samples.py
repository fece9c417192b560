"""Draws from a pack have its spread and its reach."""

import dataclasses

import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.prior import with_samples


def test_drawn_samples_have_the_spread_of_the_wall(tube):
    prior = with_samples(tube(shape=(24, 20, 20)), 60)
    assert prior.meta.samples_from == "field"
    assert prior.samples.dtype == np.float32
    off = prior.samples - prior.distance.values
    assert off.std() == pytest.approx(0.2, rel=0.1)
    assert off[:, 0].std() == pytest.approx(0.2, rel=0.2)
    inner = off[:, 6:-6, 6:-6, 6:-6]
    near = np.mean(inner[:, :-1] * inner[:, 1:]) / inner.var()
    far = np.mean(inner[:, :-9] * inner[:, 9:]) / inner.var()
    assert near > 0.9
    assert far < 0.35


def test_the_posteriors_own_samples_come_first(tube):
    prior = tube()
    own = np.stack([prior.distance.values + k for k in range(3)])
    kept = with_samples(dataclasses.replace(prior, samples=own), 2)
    np.testing.assert_array_equal(kept.samples, own[:2])
    assert with_samples(kept, 4).meta.samples_from == "field"


def test_none_is_refused(tube):
    with pytest.raises(InputError, match="at least one"):
        with_samples(tube(), 0)
