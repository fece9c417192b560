"""Refinement of whole scans: place, spread, warnings."""

import dataclasses

import numpy as np
import pytest

from lumenfield.datatypes import MaternField, Volume
from lumenfield.errors import InputError
from lumenfield.refinement import RefineOptions, refined


def test_spread_covers_the_error(phantom, on_wall):
    scores = []
    for seed, cnr in enumerate((4.0, 8.0, 15.0)):
        ball = phantom("tube", 5.0, (24, 24, 28), seed=seed)
        result = refined(*ball.volumes(cnr), ball.field)
        error = on_wall(result.distance.values, ball.truth)
        scores.append(error / on_wall(result.distance.values, result.spread.values))
    covered = (np.abs(np.concatenate(scores)) < 1.96).mean()
    assert 0.90 <= covered <= 0.99


def test_constant_image_returns_the_first_wall_and_the_prior_spread(phantom):
    ball = phantom()
    scan, start = ball.volumes(8.0)
    result = refined(scan.like(np.full(scan.shape, 7.0)), start, ball.field)
    near = np.abs(start.values) < 3
    np.testing.assert_allclose(result.distance.values[near], start.values[near], atol=1e-3)
    np.testing.assert_allclose(result.spread.values[near], 0.5, rtol=0.02)
    assert any("shows no wall" in line for line in result.warnings)


def test_a_shifted_grid_shifts_the_answer(phantom):
    ball = phantom("ball", 4.0, (46, 46, 46))
    volumes = ball.volumes(8.0)
    plain = refined(*volumes, ball.field).distance.values
    rolled = [v.like(np.roll(v.values, 3, axis=1)) for v in volumes]
    shifted = np.roll(refined(*rolled, ball.field).distance.values, -3, axis=1)
    near = np.abs(ball.truth[0, 0].numpy()) < 1
    np.testing.assert_allclose(shifted[near], plain[near], atol=1e-3)


def test_boxes_agree_with_the_whole(phantom, rms):
    tube = phantom("tube", 3.0, (18, 18, 52))
    volumes = tube.volumes(8.0)
    whole, cut = (
        refined(*volumes, tube.field, RefineOptions(point_spread=0.55, max_box=size))
        for size in (10**9, 18 * 18 * 36)
    )
    assert rms(whole.distance.values, cut.distance.values) < 0.02
    assert rms(cut.distance.values, tube.truth) < 0.12


def test_far_from_the_wall_the_distance_is_the_one_given(phantom):
    ball = phantom("ball", 3.0, (44, 44, 44))
    scan, start = ball.volumes(8.0)
    result = refined(scan, start, ball.field)
    assert result.distance.same_grid(scan)
    assert np.array_equal(result.distance.values[:2], start.values[:2])
    assert (result.spread.values[:2] == 0.5).all()


def test_estimates_and_progress_are_reported(phantom):
    ball, seen = phantom(), []
    result = refined(*ball.volumes(10.0), ball.field, progress=seen.append)
    assert tuple(seen) == result.records
    assert result.contrast_to_noise == pytest.approx(10, rel=0.15)
    assert result.signal_to_noise == pytest.approx(12.5, rel=0.15)
    assert result.chi2 == pytest.approx(1, abs=0.15)
    assert result.point_spread == pytest.approx(0.55, abs=0.06)
    assert result.warnings == ()
    assert result.samples is None


def test_same_seed_same_spread_and_samples_scatter_about_the_wall(phantom, rms):
    ball = phantom(shape=(22, 22, 22), radius=5.0)
    options = RefineOptions(samples=8, keep_samples=True)
    first, second = (refined(*ball.volumes(8.0), ball.field, options) for _ in range(2))
    assert np.array_equal(first.spread.values, second.spread.values)
    assert first.samples is not None
    assert first.samples.shape == (8, 22, 22, 22)
    assert 0.02 < rms(first.distance.values, first.samples[0]) < 0.2


def test_a_thin_vessel_has_a_quarter_of_a_voxel_at_least(phantom, on_wall):
    thin = phantom("tube", 1.1, (16, 16, 20), shift=0.5)
    scan, _ = thin.volumes(30.0)
    result = refined(scan, scan.like(thin.truth[0, 0].numpy()), thin.field)
    assert on_wall(result.distance.values, result.spread.values).min() > 0.24
    assert any("under 2.5 voxels" in line for line in result.warnings)


def test_background_texture_is_flagged(phantom):
    ball = phantom("ball", 6.0, (32, 32, 32))
    scan, start = ball.volumes(30.0)
    cloud = phantom("ball", 6.0, (32, 32, 32), length=2.0, seed=9)
    texture = (cloud.start - cloud.truth)[0, 0].numpy() * (ball.truth[0, 0].numpy() > 1)
    result = refined(scan.like(scan.values + texture), start, ball.field)
    assert any("texture" in line for line in result.warnings)


def test_zero_filled_noise_is_not_followed(phantom, rms):
    tube = phantom("tube", 5.0, (26, 26, 28))
    scan, start = tube.volumes(1e6)
    white = np.random.default_rng(3).normal(size=scan.shape)
    spectrum = np.fft.fftn(white)
    for axis, n in enumerate(scan.shape):
        high = np.abs(np.fft.fftfreq(n)) >= 0.25
        spectrum[(slice(None),) * axis + (high,)] = 0
    noise = np.fft.ifftn(spectrum).real
    noisy = scan.like(scan.values + 0.1 * noise / noise.std())
    aware, naive = (
        refined(noisy, start, tube.field, RefineOptions(point_spread=0.55, noise_gain=gain))
        for gain in (None, 1.0)
    )
    error = [rms(r.distance.values, tube.truth) for r in (aware, naive)]
    assert error[0] < 0.9 * error[1]
    assert np.median(aware.spread.values) > 1.15 * np.median(naive.spread.values)


def test_a_wrong_noise_model_shows_in_chi_squared(phantom):
    ball = phantom()
    scan, start = ball.volumes(20.0)
    options = RefineOptions(point_spread=2.0)
    result = refined(scan, start, ball.field, options)
    assert result.chi2 > 1.4
    assert any("fits badly" in line for line in result.warnings)


def test_too_few_iterations_are_flagged(phantom):
    ball = phantom(shape=(22, 22, 22), radius=5.0)
    result = refined(*ball.volumes(8.0), ball.field, RefineOptions(max_iterations=1))
    assert any("still moving" in line for line in result.warnings)


@pytest.mark.parametrize("level", [0.1, -0.1, 50.0])
def test_a_grid_without_a_wall_is_returned_with_a_warning(phantom, level):
    scan, start = phantom().volumes(8.0)
    empty = start.like(np.full(start.shape, level, dtype=np.float32))
    result = refined(scan, empty, MaternField(0.5, 4.0))
    assert np.array_equal(result.distance.values, empty.values)
    assert np.isnan(result.chi2)
    assert result.warnings == ("no wall in the volume: nothing was refined",)


def test_whole_numbers_are_magnitudes_too(phantom, rms):
    ball = phantom()
    scan, start = ball.volumes(10.0)
    whole = scan.like(np.clip(400 * scan.values + 300, 0, None).astype(np.uint16))
    assert rms(refined(whole, start, ball.field).distance.values, ball.truth) < 0.12


def test_a_distance_on_another_grid_is_refused(phantom):
    scan, start = phantom().volumes(8.0)
    moved = dataclasses.replace(start, affine=start.affine + np.eye(4) * 0.1)
    with pytest.raises(InputError, match="resample the distance"):
        refined(scan, moved, MaternField(0.5, 4.0))
    with pytest.raises(InputError, match="resample the distance"):
        refined(scan, Volume(start.values[1:], start.affine), MaternField(0.5, 4.0))
