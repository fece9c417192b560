"""Details of shapes known in closed form: sizes, classes, components, and true error bars."""

import numpy as np
import pytest

from lumenfield.evaluation.details import MORE_METRICS, measure_details
from lumenfield.evaluation.level import level_of
from lumenfield.evaluation.metrics import Pair


def details(predicted, truth, spacing=None, spread=None):
    spacing = spacing or (1.0,) * truth.ndim
    sigma = None if spread is None else np.full(truth.shape, spread, np.float32)
    return measure_details(Pair(level_of(predicted), level_of(truth), spacing, sigma))


def test_a_wall_half_a_millimetre_outside_is_that_in_every_unit(tube):
    truth = tube(5.0, (40, 40, 20), (0.8, 0.8, 0.8))
    found = details(truth - 0.5, truth, (0.8, 0.8, 0.8)).figures
    assert found["bias_mm"] == pytest.approx(0.5, abs=0.01)
    assert found["rms_mm"] == pytest.approx(0.5, abs=0.01)
    assert found["p50_voxels"] == pytest.approx(0.5 / 0.8, abs=0.02)
    assert found["p95_mm"] == pytest.approx(0.5, abs=0.02)
    assert found["diameter_error_voxels"] == pytest.approx(2 * 0.5 / 0.8, abs=0.05)
    assert found["area_error"] == pytest.approx(0.1, abs=0.01)
    assert found["surface_dice"] == 1


def test_surface_dice_is_the_share_within_a_voxel(tube):
    truth = tube(4.0, (30, 30, 24))
    predicted = truth.copy()
    predicted[..., :12] -= 2.0
    assert details(predicted, truth).figures["surface_dice"] == pytest.approx(0.5, abs=0.08)


def test_nothing_in_nothing_has_no_wall_to_speak_of():
    empty = np.zeros((8, 8, 8))
    found = details(empty, empty)
    assert set(found.reasons) == {*MORE_METRICS, "intervals"} - {"betti1_error"}
    assert (found.radii, found.components, found.intervals) == ((), (), None)


def test_a_missed_vessel_lacks_its_whole_diameter(tube):
    truth = tube(4.0, (24, 24, 24))
    found = details(np.zeros_like(truth), truth)
    assert found.figures["diameter_error_voxels"] == pytest.approx(-8, abs=0.5)
    assert found.figures["area_error"] == -1
    assert [c.recall for c in found.components] == [0.0]


def test_errors_are_told_by_the_radius_of_the_vessel_they_are_on(tube):
    thick, thin = tube(7.0, (48, 40, 20), at=(-11, 0)), tube(2.0, (48, 40, 20), at=(12, 0))
    truth = np.minimum(thick, thin)
    predicted = np.minimum(thick - 0.2, thin + 0.4)
    rows = {row.name: row for row in details(predicted, truth, spread=0.15).radii}
    assert list(rows) == ["R 1.5–3", "R 6–12"]
    assert rows["R 6–12"].bias_voxels == pytest.approx(0.2, abs=0.02)
    assert rows["R 1.5–3"].bias_voxels == pytest.approx(-0.4, abs=0.03)
    assert rows["R 6–12"].coverage95 == pytest.approx(1, abs=0.01)
    assert rows["R 1.5–3"].coverage95 == pytest.approx(0, abs=0.05)
    assert sum(row.area for row in rows.values()) == pytest.approx(1)


def test_components_are_listed_with_what_was_found_of_them(ball):
    shape = (60, 24, 24)
    large, small, false = (ball(r, shape, at=(x, 0, 0)) for r, x in ((8, -20), (4, 0), (3, 20)))
    found = details(np.minimum(large, false), np.minimum(large, small)).components
    assert [component.recall for component in found] == [1.0, 0.0, None]
    assert found[0].voxels == np.count_nonzero(large < 0)
    assert found[2].voxels == np.count_nonzero(false < 0)


def test_a_true_error_bar_has_z_of_one_and_holds_what_it_promises(ball):
    truth = ball(14, (40, 40, 40))
    noise = np.random.default_rng(0).normal(0, 0.2, truth.shape)
    # A wall that is wrong by so much at each place, as the level is shifted there.
    held = details((truth + noise).astype(np.float32), truth, spread=0.2).intervals
    assert held is not None
    assert held.z_mean == pytest.approx(0, abs=0.15)
    assert held.z_sd == pytest.approx(0.9, abs=0.15)
    assert held.coverage["95"] == pytest.approx(0.96, abs=0.03)
    assert held.coverage["50"] == pytest.approx(0.54, abs=0.08)
    tight = details((truth + noise).astype(np.float32), truth, spread=0.1).intervals
    assert tight.z_sd == pytest.approx(2 * held.z_sd, rel=0.01)


@pytest.mark.parametrize("missed", [True, False])
def test_intervals_say_why_there_are_none(tube, missed):
    truth = tube(4.0, (24, 24, 24))
    found = details(
        np.zeros_like(truth) if missed else truth, truth, spread=0.1 if missed else None
    )
    why = "no wall was predicted" if missed else "no spread was given"
    assert found.reasons["intervals"] == why
