"""What one look at a scan says about a wall."""

import pytest
import torch

from lumenfield.refinement.contrast import local_contrast, windows_for
from lumenfield.refinement.frame import Frame, frame_of
from lumenfield.refinement.likelihood import evidence_at, fit_point_spread
from lumenfield.refinement.noise import Noise, estimate_noise
from lumenfield.refinement.tissue import tissue_at

SPACING = (1.0, 1.0, 1.0)


def even(frame, spread=0.55):
    """An even lumen without a ring."""
    return tissue_at(frame, spread, torch.ones_like(frame.distance), 0.0)


@pytest.fixture
def looked(phantom):
    """Look at a ball's scan from a wall that is off by `offset` voxels everywhere."""

    def look(offset=0.0, cnr=10.0, inside=1.0, outside=0.2):
        ball = phantom()
        scan = ball.scan(cnr, inside, outside)
        frame = frame_of(ball.truth + offset, SPACING)
        tissue, near = even(frame), (ball.truth.abs() < 5).float()
        contrast = local_contrast(scan, tissue, near, windows_for(scan, SPACING, 6.0))
        return scan, frame, contrast, estimate_noise(scan, tissue, near, contrast, 1.0)

    return look


def evidence(scan, frame, contrast, noise):
    return evidence_at(scan, frame, even(frame), contrast, noise, model_error=0.01, outlier=2.5)


def test_the_true_wall_fits(looked):
    found = evidence(*looked())
    assert found.chi2 == pytest.approx(1.0, abs=0.1)
    assert found.contrast_to_noise == pytest.approx(10.0, rel=0.1)


@pytest.mark.parametrize("levels", [(1.0, 0.2), (0.2, 1.0)])
@pytest.mark.parametrize("offset", [-0.3, 0.3])
def test_one_newton_step_undoes_an_offset_of_either_sign_of_contrast(looked, offset, levels):
    found = evidence(*looked(offset, 20.0, *levels))
    step = found.pull.sum() / found.weight.sum()
    assert step.item() == pytest.approx(-offset, abs=0.06)


def test_no_contrast_no_weight(looked):
    scan, frame, contrast, _ = looked(inside=0.5, outside=0.5 + 1e-6)
    noise = Noise(0.1, 0.1, 0.0, 1.0, 0.0)
    assert evidence(scan, frame, contrast, noise).weight.max().item() == 0.0


def test_weight_shrinks_with_the_independent_share_of_the_noise(looked):
    scan, frame, contrast, noise = looked()
    quarter = Noise(noise.inside, noise.outside, noise.rician, 0.25, 0.0)
    ratio = evidence(scan, frame, contrast, quarter).weight.sum()
    ratio = ratio / evidence(scan, frame, contrast, noise).weight.sum()
    assert ratio.item() == pytest.approx(0.25, rel=0.02)


def test_an_outlier_pulls_no_more_than_huber_allows(looked):
    scan, frame, contrast, noise = looked()
    spoiled = scan.clone()
    spoiled[0, 0, 7, 13, 13] += 100.0
    pulls = [evidence(s, frame, contrast, noise).pull for s in (scan, spoiled)]
    assert (pulls[1] - pulls[0]).abs().max() < 3 * pulls[0].abs().max()


def test_point_spread_is_read_off_the_edge(looked):
    scan, frame, contrast, noise = looked(cnr=20.0)
    edge = frame.distance.abs() < 2.5
    there = Frame(*(t[edge] for t in vars(frame).values()))
    found = fit_point_spread(scan, edge, contrast, noise, 0.01, lambda s: even(there, s))
    assert found == pytest.approx(0.55, abs=0.04)
