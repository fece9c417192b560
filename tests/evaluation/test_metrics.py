import dataclasses

import numpy as np
import pytest

from lumenfield.evaluation.level import level_of
from lumenfield.evaluation.metrics import METRICS, Pair, Scores, measure

ONE = (1.0, 1.0, 1.0)
OVERLAP = ["iou", "dice", "precision", "recall"]
WALL = ["assd_mm", "hd95_mm", "bias_voxels", "rms_voxels", "p95_voxels"]
NAMES = [*OVERLAP, *WALL, "cldice", "betti0_error", "volume_error", "coverage95"]
BEST = dict.fromkeys(NAMES, 0.0) | dict.fromkeys([*OVERLAP, "cldice"], 1.0)
SURFACE = [*WALL, "coverage95"]


def scores(predicted, truth, spacing=ONE, spread=0.1):
    sigma = np.full(truth.shape, spread, dtype=np.float32)
    return measure(Pair(level_of(predicted), level_of(truth), spacing, sigma))


def figures(found):
    return {name: found.figure(name) for name in METRICS}


def close(some, others):
    """Alike but for how a cube is cut into triangles and the order in which lines are thinned."""
    a, b = figures(some), figures(others)
    lines = a.pop("cldice") == pytest.approx(b.pop("cldice"), abs=0.1)
    return lines and a == pytest.approx(b, abs=5e-3)


def test_the_table_and_the_scores_have_the_promised_names():
    assert list(METRICS) == NAMES
    assert [f.name for f in dataclasses.fields(Scores)] == [*NAMES, "reasons"]


@pytest.mark.parametrize("form", [lambda phi: phi, lambda phi: phi < 0])
@pytest.mark.parametrize("ndim", [2, 3])
def test_a_perfect_prediction_has_perfect_scores(ball, form, ndim):
    phi = form(ball(5, (20,) * ndim, (0.7,) * ndim))
    found = scores(phi, phi, (0.7,) * ndim)
    assert figures(found) == pytest.approx(BEST | {"coverage95": 1.0}, abs=1e-6)
    assert not found.reasons


def test_a_missed_vessel_is_the_worst_case_of_every_metric(tube):
    truth = tube(4, (24, 24, 24))
    found = scores(np.zeros_like(truth), truth)
    worst = dict.fromkeys(NAMES, 0.0) | {"volume_error": -1.0, "betti0_error": 1.0}
    worst |= dict.fromkeys(["assd_mm", "hd95_mm"], 24 * 3**0.5)
    worst |= {"bias_voxels": -4.0, "rms_voxels": 4.0, "p95_voxels": 4.0}
    assert figures(found) == pytest.approx(worst, rel=0.1)
    assert not found.reasons


def test_a_figure_is_a_plain_number_whatever_the_metric_gives(ball, monkeypatch):
    monkeypatch.setitem(METRICS, "cldice", lambda pair: np.float64(0.5))
    phi = ball(4, (12, 12, 12))
    assert type(scores(phi, phi).cldice) is float


def test_nothing_in_nothing_is_perfect_and_has_no_surface():
    empty = np.zeros((5, 6, 7))
    found = scores(empty, empty)
    assert figures(found) == BEST | dict.fromkeys(SURFACE)
    assert found.reasons == dict.fromkeys(
        SURFACE, "neither the prediction nor the truth has a wall"
    )


def test_a_vessel_out_of_nothing_leaves_out_only_what_is_relative(ball):
    truth = np.zeros((16, 16, 16))
    found = scores(ball(4, truth.shape), truth)
    assert set(found.reasons) == {"recall", "volume_error"}
    assert found.hd95_mm == pytest.approx(16 * 3**0.5)
    assert (found.dice, found.coverage95, found.betti0_error) == (0, 0, 1)


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 0, 1)])
def test_axes_and_spacing_permute_together(ball, order):
    spacing = (0.8, 1.0, 1.3)
    pair = ball(5.3, (22, 20, 16), spacing), ball(6, (22, 20, 16), spacing, at=(0.9, 0.2, 0.4))
    turned = scores(*(np.transpose(p, order) for p in pair), tuple(spacing[i] for i in order))
    assert close(turned, scores(*pair, spacing))


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_flips_change_nothing(ball, axis):
    pair = ball(5.3, (22, 20, 16)), ball(6, (22, 20, 16), at=(0.9, 0.2, 0.4))
    flipped = scores(*(np.flip(p, axis) for p in pair))
    assert close(flipped, scores(*pair))


def test_order_in_memory_changes_nothing(ball):
    pair = ball(5.3, (22, 20, 16)), ball(6, (22, 20, 16), at=(0.9, 0.2, 0.4))
    assert figures(scores(*map(np.asfortranarray, pair))) == pytest.approx(figures(scores(*pair)))


def test_an_extruded_disc_scores_as_the_disc(ball):
    discs = ball(6, (24, 24), ONE[:2]), ball(7, (24, 24), ONE[:2], at=(0.4, 0.3))
    flat = figures(scores(*discs, ONE[:2]))
    deep = figures(scores(*(np.repeat(d[:, :, None], 12, axis=2) for d in discs)))
    for name in ("dice", "assd_mm", "hd95_mm", "bias_voxels", "rms_voxels", "p95_voxels"):
        assert deep[name] == pytest.approx(flat[name], rel=0.03)


def test_scaling_the_spacing_scales_millimetres_and_not_voxels(ball):
    small = scores(ball(5), ball(6))
    large = scores(2 * ball(5), 2 * ball(6), (2.0, 2.0, 2.0))
    assert large.assd_mm == pytest.approx(2 * small.assd_mm, rel=1e-4)
    assert large.bias_voxels == pytest.approx(small.bias_voxels, rel=1e-4)


def test_a_prediction_may_be_a_probability(ball):
    phi = ball(6)
    sure = scores(1 / (1 + np.exp(2 * phi)), phi)
    assert sure.rms_voxels < 0.05
    assert sure.dice == 1


def test_without_a_spread_only_coverage_is_undefined(ball):
    level = level_of(ball(5))
    found = measure(Pair(level, level, ONE))
    assert found.coverage95 is None
    assert dict(found.reasons) == {"coverage95": "no spread was given"}
