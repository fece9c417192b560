from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from lumenfield.errors import InputError
from lumenfield.evaluation.baselines import BASELINES
from lumenfield.evaluation.overlap import dice

CAROTID = Path(__file__).parents[2].parent / "shared" / "data" / "carotid"


REAL_DICE = {"otsu": 0.076, "otsu_three": 0.765, "half_maximum": 0.801, "random_walker": 0.621}


LEAST = {
    "frangi": 0.5,
    "chan_vese": 0.8,
    "geodesic_active_contour": 0.8,
    "morphological_geodesic": 0.5,
}
"""Vesselness finds a thinner vessel, and what smooths or shortens a contour eats a narrow one."""


def phantom(phi, noise=0.03):
    """A bright lumen with soft edges in a grey background, and white noise."""
    rng = np.random.default_rng(3)
    return 0.2 + 0.8 / (1 + np.exp(3 * phi)) + rng.normal(0, noise, phi.shape)


@pytest.fixture(params=[2, 3])
def vessel(request, tube):
    """A tube of three voxels' radius across the grid."""
    return tube(3.0, (28, 26, 24)[: request.param], (1.0,) * request.param)


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_finds_a_clean_vessel(name, vessel):
    mask = BASELINES[name](phantom(vessel), (1.0,) * vessel.ndim)
    assert dice(mask, vessel < 0) > LEAST.get(name, 0.9)


@pytest.mark.parametrize("name", BASELINES)
def test_units_of_the_magnitude_do_not_matter(name, vessel):
    scan, spacing = phantom(vessel), (1.0,) * vessel.ndim
    counts = np.round(4000 * scan + 100).astype(np.int32)
    masks = [BASELINES[name](values, spacing) for values in (counts, counts.astype(float) / 8)]
    assert np.array_equal(*masks)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 7)])
def test_a_scan_without_contrast_holds_nothing(name, shape):
    assert not BASELINES[name](np.full(shape, 3.0), (1.0,) * len(shape)).any()


@pytest.mark.parametrize("name", BASELINES)
def test_two_values_need_no_warning(name):
    scan = np.zeros((12, 12))
    scan[3:9, 3:9] = 1
    mask = BASELINES[name](scan, (1.0, 1.0))
    assert mask.shape == scan.shape
    assert mask.dtype == bool


@pytest.mark.parametrize("name", BASELINES)
def test_the_scan_is_left_as_it_was(name, vessel):
    scan = phantom(vessel)
    before = scan.copy()
    BASELINES[name](scan, (1.0,) * vessel.ndim)
    assert np.array_equal(scan, before)


@pytest.mark.parametrize("name", BASELINES)
def test_values_that_are_not_finite_are_refused(name):
    with pytest.raises(InputError, match="a baseline needs a finite magnitude"):
        BASELINES[name](np.array([[1.0, np.nan]]), (1.0, 1.0))


def test_two_classes_part_the_body_from_the_air_and_three_find_the_vessel():
    scan = np.repeat([0.0, 0.4, 1.0], [500, 480, 20]).reshape(50, 20)
    scan += np.random.default_rng(0).uniform(-0.05, 0.05, scan.shape)
    assert BASELINES["otsu"](scan, (1.0, 1.0)).sum() == 500
    assert BASELINES["otsu_three"](scan, (1.0, 1.0)).sum() == 20


@pytest.mark.parametrize("name", BASELINES)
def test_what_was_found_before_does_not_matter(name):
    scan = ndimage.gaussian_filter(np.random.default_rng(5).normal(size=(18, 18, 18)), 1.5)
    masks = [BASELINES[name](scan, (1.0, 1.0, 1.0)) for _ in range(2)]
    assert np.array_equal(*masks)


def test_half_maximum_lies_half_way_between_the_brightest_and_the_rest():
    scan = np.random.default_rng(2).beta(1, 4, (40, 40))
    bright = BASELINES["otsu_three"](scan, (1.0, 1.0))
    half = (scan[bright].mean() + scan[~bright].mean()) / 2
    assert np.array_equal(BASELINES["half_maximum"](scan, (1.0, 1.0)), scan > half)
    assert 0 < np.count_nonzero((scan > half) != bright) < 200


def test_the_walker_measures_in_relative_spacing(vessel):
    scan = phantom(vessel, noise=0.15)
    spacings = [(s * 1.0,) * vessel.ndim for s in (1, 20)]
    fine, coarse = (BASELINES["random_walker"](scan, spacing) for spacing in spacings)
    assert np.array_equal(fine, coarse)


@pytest.mark.real
@pytest.mark.skipif(not CAROTID.exists(), reason="the real scans are not beside the checkout")
def test_baselines_find_what_they_found_in_a_real_carotid():
    import nibabel

    scan = np.asarray(nibabel.load(CAROTID / "magnitude.nii.gz").dataobj)
    lumen = np.asarray(nibabel.load(CAROTID / "lumen_from_velocity.nii.gz").dataobj) > 0
    found = {name: dice(BASELINES[name](scan, (1.0, 1.0, 1.0)), lumen) for name in REAL_DICE}
    assert found == pytest.approx(REAL_DICE, abs=0.02)
