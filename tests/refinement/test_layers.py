"""What one mean profile tells of the tissues."""

import dataclasses

import numpy as np
import pytest
from scipy.special import ndtr

from lumenfield.refinement.layers import Belief, layers_of
from lumenfield.refinement.profile import Profile

BELIEF = Belief(width=0.55, gain=1.0, rician=0.0, shift=0.0, freedom=0.5)


def profile(*, grade=0.0, ring=0.0, level=0.1, error=0.01, beyond=0.3, width=0.55):
    """A lumen of brightness 1 at the core, radius 5, wall at 0."""
    place = np.arange(-4.9, 4.9, 0.25)
    depth = 1 - (1 - np.clip(-place / 5, 0, 1)) ** 2
    lumen, within = ndtr(-place / width), ndtr(-(place - ring) / width)
    touching = level if ring > 0 else beyond
    light = touching + (1 - touching) * (1 - grade * (1 - depth))
    mean = beyond * (1 - within) + touching * (within - lumen) + light * lumen
    noise = np.random.default_rng(0).normal(size=len(place)) * error
    return Profile(place, mean + noise, np.full(len(place), error), depth)


def layers(given, **belief):
    return layers_of(given, dataclasses.replace(BELIEF, **belief), graded=True, ring=True)


def test_an_even_lumen_is_called_even_with_little_doubt():
    found = layers(profile())
    assert (found.ring, found.rival) == (0.0, False)
    assert found.grade == pytest.approx(0.0, abs=0.03)
    assert found.doubt < 0.05


@pytest.mark.parametrize("grade", [0.3, 0.6])
def test_a_graded_lumen_is_measured(grade):
    assert layers(profile(grade=grade)).grade == pytest.approx(grade, abs=0.1)


def test_a_lumen_is_never_called_brighter_at_the_wall():
    assert layers(profile(grade=-0.4)).grade >= 0


def test_a_rim_as_dark_as_what_lies_beyond_is_no_rim():
    assert layers(profile(grade=0.95)).grade < 0.85


def test_a_slight_grade_is_taken_where_the_profile_is_sharp():
    assert layers(profile(grade=0.12, error=0.004)).grade == pytest.approx(0.12, abs=0.03)


def test_a_grade_drawn_from_noise_comes_with_a_doubt():
    found = layers(profile(error=0.06))
    assert found.grade < 0.1 or found.doubt > 0.1


@pytest.mark.parametrize("beyond", [0.3, 1.6])
@pytest.mark.parametrize("thickness", [1.5, 2.5])
def test_a_dark_ring_is_measured_whatever_lies_behind_it(thickness, beyond):
    found = layers(profile(ring=thickness, beyond=beyond))
    assert found.ring == pytest.approx(thickness, abs=0.25)


def test_less_evidence_more_doubt():
    sure, unsure = (layers(profile(grade=0.5, error=e)).doubt for e in (0.005, 0.04))
    assert unsure > 2 * sure


def test_doubt_never_exceeds_what_the_start_allows():
    assert layers(profile(ring=0.6, level=0.6, error=0.05), freedom=0.2).doubt <= 0.2


def test_what_may_not_be_is_not_found():
    found = layers_of(profile(grade=0.5, ring=1.5), BELIEF, graded=False, ring=False)
    assert (found.grade, found.ring) == (0.0, 0.0)


def test_brightness_has_no_unit():
    one = profile(grade=0.4)
    many = dataclasses.replace(one, mean=5000 * one.mean, error=5000 * one.error)
    assert layers(many).grade == pytest.approx(layers(one).grade, abs=1e-3)
