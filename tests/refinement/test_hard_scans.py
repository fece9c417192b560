"""Scans that the simplest edge model does not hold: a right wall, or a spread that says so."""

import numpy as np
import pytest

from lumenfield.refinement import RefineOptions, refined


def tube(phantom, **given):
    return phantom("tube", 5.0, (24, 24, 28), **given)


def refined_errors(phantom, on_wall, scan, start, **options):
    result = refined(scan, start, phantom.field, RefineOptions(samples=16, **options))
    error = on_wall(result.distance.values, phantom.truth)
    return error, error / on_wall(result.distance.values, result.spread.values), result


def test_a_lumen_dimmer_at_its_wall_is_not_cut_short(phantom, on_wall):
    vessel = tube(phantom)
    scan, start = vessel.layered(12.0, rim=0.5)
    error, score, _ = refined_errors(vessel, on_wall, scan, start)
    assert abs(error.mean()) < 0.15
    assert (np.abs(score) < 1.96).mean() > 0.8
    blind, _, _ = refined_errors(vessel, on_wall, scan, start, graded=False, ring=False)
    assert blind.mean() < -0.2


@pytest.mark.parametrize(
    ("inside", "outside", "level"), [(0.5, 0.9, 0.2), (1.0, 0.4, 0.0), (0.6, 0.2, 1.0)]
)
def test_the_wall_is_the_inner_edge_of_a_ring(phantom, on_wall, inside, outside, level):
    vessel = tube(phantom)
    scan, start = vessel.layered(10.0, inside=inside, outside=outside, ring=1.5, ring_level=level)
    error, score, _ = refined_errors(vessel, on_wall, scan, start)
    assert np.sqrt((error**2).mean()) < 0.15
    assert (np.abs(score) < 1.96).mean() > 0.85


def test_a_thin_step_that_looks_like_blur_widens_the_spread(phantom, on_wall):
    vessel = tube(phantom)
    scan, start = vessel.layered(10.0, ring=1.0, ring_level=0.6)
    error, score, result = refined_errors(vessel, on_wall, scan, start)
    assert error.mean() > 0.3
    assert (np.abs(score) < 1.96).mean() > 0.9
    assert any("spread was widened" in line for line in result.warnings)


def test_texture_six_times_the_noise_is_said(phantom, on_wall):
    vessel = tube(phantom)
    scan, start = vessel.layered(20.0)
    cloud = tube(phantom, length=2.0, seed=9)
    noise = ((cloud.start - cloud.truth) * (vessel.truth > 1))[0, 0].numpy()
    textured = scan.like(scan.values + 0.24 / noise.std() * noise)
    _, score, result = refined_errors(vessel, on_wall, textured, start)
    assert (np.abs(score) < 1.96).mean() > 0.7
    assert result.warnings


def test_a_wall_far_from_its_start_is_flagged_and_widened(phantom, on_wall):
    vessel = tube(phantom)
    scan, _ = vessel.volumes(15.0)
    start = scan.like((vessel.truth + 1.8)[0, 0].numpy())
    result = refined(scan, start, vessel.field, RefineOptions(samples=8))
    assert any("three times the error" in line for line in result.warnings)
    assert np.median(on_wall(result.distance.values, result.spread.values)) > 0.4


def test_samples_scatter_as_widely_as_the_spread_says(phantom, on_wall):
    vessel = tube(phantom)
    scan, start = vessel.layered(10.0, ring=1.0, ring_level=0.6)
    options = RefineOptions(samples=32, keep_samples=True)
    result = refined(scan, start, vessel.field, options)
    near = np.abs(result.distance.values) < 0.7
    ratio = (result.samples - result.distance.values).std(0)[near] / result.spread.values[near]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.25)
