"""Laws of the iterations."""

import pytest
import torch

from lumenfield.refinement import RefineOptions, refine
from lumenfield.refinement.look import thin_lumen

SPACING = (1.0, 1.0, 1.0)


@pytest.fixture
def moved(finish):
    """The refined field of a phantom's scan."""

    def run(scan, start, field, spacing=SPACING, **options):
        return finish(refine(scan, start, spacing, field, RefineOptions(**options)))[1].field

    return run


@pytest.mark.parametrize(("cnr", "target"), [(4.0, 0.20), (8.0, 0.12), (15.0, 0.08), (30.0, 0.05)])
def test_wall_is_found_to_a_fraction_of_a_voxel(phantom, moved, rms, cnr, target):
    ball = phantom()
    found = moved(ball.scan(cnr), ball.start, ball.field)
    assert rms(ball.start, ball.truth) > 0.25
    assert rms(found, ball.truth) < target


@pytest.mark.parametrize(("cnr", "target"), [(8.0, 0.20), (15.0, 0.12)])
def test_a_narrow_tube_is_found_without_bias(phantom, moved, rms, on_wall, cnr, target):
    tube = phantom("tube", 2.5, (20, 20, 24))
    found = moved(tube.scan(cnr), tube.start, tube.field)
    assert rms(found, tube.truth) < target
    assert abs(on_wall(found, tube.truth).mean()) < 0.05


def test_start_off_by_half_a_voxel_everywhere_is_put_right(phantom, moved, on_wall):
    ball = phantom()
    for offset in (-0.5, 0.5):
        found = moved(ball.scan(15.0), ball.truth + offset, ball.field)
        assert abs(on_wall(found, ball.truth).mean()) < 0.05


def test_inverted_contrast_gives_the_same_wall(phantom, moved):
    ball = phantom()
    scan = ball.scan(8.0)
    both = [moved(s, ball.start, ball.field) for s in (scan, 1.2 - scan)]
    near = ball.truth.abs() < 1
    assert (both[0] - both[1])[near].abs().max() < 1e-3


def test_brightness_has_no_unit(phantom, moved):
    ball = phantom()
    scan = ball.scan(8.0)
    both = [moved(s, ball.start, ball.field) for s in (scan, 5000 * scan)]
    assert (both[0] - both[1])[ball.truth.abs() < 1].abs().max() < 1e-3


@pytest.mark.parametrize("axis", [2, 4])
def test_a_flipped_grid_flips_the_answer(phantom, moved, axis):
    ball = phantom()
    scan, flip = ball.scan(8.0), lambda t: t.flip(axis)
    plain = moved(scan, ball.start, ball.field)
    flipped = flip(moved(flip(scan), flip(ball.start), ball.field))
    assert (plain - flipped)[ball.truth.abs() < 1].abs().max() < 1e-3


def test_constant_image_leaves_the_wall_and_stops(phantom, finish):
    ball = phantom()
    steps = refine(torch.full_like(ball.truth, 3.0), ball.start, SPACING, ball.field)
    records, estimate = finish(steps)
    assert (estimate.field - ball.start)[ball.start.abs() < 3].abs().max() < 1e-3
    assert estimate.view.evidence.weight.max() == 0.0
    assert estimate.converged
    assert len(records) <= 4


def test_a_start_that_is_no_distance_will_do(phantom, moved):
    ball = phantom()
    logit_like = 8 * ball.start + 0.5 * ball.start**2
    both = [moved(ball.scan(8.0), field, ball.field) for field in (ball.start, logit_like)]
    near = ball.truth.abs() < 1
    assert (both[0] - both[1])[near].square().mean().sqrt() < 0.03


def test_pure_noise_hardly_moves_the_wall(phantom, moved, rms):
    ball = phantom()
    noise = torch.randn(ball.truth.shape, generator=torch.Generator().manual_seed(5))
    assert rms(moved(noise, ball.start, ball.field), ball.start) < 0.1


def test_records_tell_the_course(phantom, finish):
    ball = phantom()
    steps = refine(ball.scan(8.0), ball.start, SPACING, ball.field)
    records, estimate = finish(steps)
    assert [r.number for r in records] == list(range(len(records)))
    assert records[-1].movement < 0.02 <= records[0].movement
    assert records[-1].chi2 < records[0].chi2
    assert estimate.view.evidence.chi2 == pytest.approx(1.0, abs=0.2)
    assert estimate.view.known.point_spread == pytest.approx(0.55, abs=0.06)


def test_no_step_is_longer_than_allowed(phantom, finish):
    ball = phantom()
    options = RefineOptions(max_step=0.1, max_iterations=3)
    steps = refine(ball.scan(8.0), ball.truth + 1.0, SPACING, ball.field, options)
    records, estimate = finish(steps)
    assert all(record.movement <= 0.1 for record in records)
    assert not estimate.converged


def test_it_goes_on_until_the_wall_stands_still(phantom, finish):
    ball = phantom()
    steps = refine(
        ball.scan(15.0), ball.truth + 0.6, SPACING, ball.field, RefineOptions(max_step=0.1)
    )
    records, estimate = finish(steps)
    assert len(records) > 5
    assert records[-1].movement < 0.02
    assert estimate.converged


def test_anisotropic_voxels_are_refined_as_well(phantom, moved, on_wall):
    spacing = (0.5, 0.5, 1.0)
    tube = phantom("tube", 3.0, (26, 26, 16), spacing, length=2.0)
    found = moved(tube.scan(8.0), tube.start, tube.field, spacing)
    errors = on_wall(found, tube.truth) / 0.5
    assert (errors**2).mean() ** 0.5 < 0.12


def test_a_slice_is_refined_like_a_volume(phantom, moved, rms):
    disc = phantom("ball", 8.0, (40, 40))
    found = moved(disc.scan(8.0), disc.start, disc.field, (1.0, 1.0))
    assert rms(found, disc.truth) < 0.5 * rms(disc.start, disc.truth)


def test_a_lumen_under_two_and_a_half_voxels_is_thin(phantom):
    thin = phantom("tube", 1.1, (16, 16, 16), shift=0.5).truth
    wide = phantom("tube", 2.5, (16, 16, 16)).truth
    assert thin_lumen(thin, SPACING)[thin.abs() < 1].all()
    assert not thin_lumen(wide, SPACING)[wide.abs() < 1].any()


def test_a_thin_lumen_keeps_the_brightness_first_seen(phantom, finish):
    thin = phantom("tube", 1.1, (16, 16, 16), shift=0.5)
    scan = thin.scan(10.0)
    first = finish(refine(scan, thin.start, SPACING, thin.field, RefineOptions(max_iterations=0)))
    last = finish(refine(scan, thin.start, SPACING, thin.field))
    levels = [estimate.view.contrast.inside[estimate.thin] for _, estimate in (first, last)]
    torch.testing.assert_close(*levels)
