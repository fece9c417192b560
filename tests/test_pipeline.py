"""The pipeline on a small phantom: refined walls are better, and anyone's start will do."""

import numpy as np
import pytest
import torch

from lumenfield.datatypes import Prediction, Volume, scaling
from lumenfield.errors import InputError
from lumenfield.geometry import Tube, sample_distance
from lumenfield.inference import Turn
from lumenfield.pipeline import SegmentOptions, refine_from, run, segment

SPACING = (0.8, 0.8, 0.8)
SHAPE = (40, 32, 32)


@pytest.fixture(scope="module")
def truth() -> Volume:
    vessel = Tube(radius_mm=4.3).bent(0.02).moved(0.0, -1.3, 0.45)
    distance = sample_distance(vessel, SHAPE, SPACING)
    return Volume(distance[0, 0].numpy(), scaling(SPACING))


@pytest.fixture(scope="module")
def scan(truth: Volume) -> Volume:
    noise = torch.randn(SHAPE, generator=torch.Generator().manual_seed(3)).numpy()
    lumen = 0.5 - 0.5 * np.tanh(1.1 * truth.values / 0.8)
    return truth.like((200 * (0.25 + 0.75 * lumen) + 12 * noise).astype(np.float32))


def wall_rms(found: Volume, truth: Volume) -> float:
    """Root mean square error, voxels, where the found wall passes."""
    wall = np.abs(found.values) < 0.4
    return float(np.sqrt(((truth.values - found.values)[wall] ** 2).mean()) / 0.8)


def test_the_shipped_network_finds_a_tube_and_refining_improves_it(
    scan: Volume, truth: Volume
) -> None:
    outcome = run(scan)
    assert outcome.refinement is not None
    assert wall_rms(outcome.prediction.distance, truth) < 0.2
    before = wall_rms(outcome.initial.distance, truth)
    assert wall_rms(outcome.prediction.distance, truth) < max(before, 0.1)
    assert [stage.name for stage in outcome.stages] == ["load", "network", "refinement"]


def test_segment_is_the_prediction_on_the_scans_grid(scan: Volume) -> None:
    found = segment(scan, SegmentOptions(refine=False))
    assert isinstance(found, Prediction)
    for volume in (found.probability, found.distance, found.spread):
        assert volume.same_grid(scan, tolerance=1e-9)
    assert np.array_equal(found.probability.values > 0.5, found.distance.values < 0)


def test_a_network_s_wall_has_the_doubt_of_drawn_scans_and_another_s_has_not(
    scan: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Volume(scan.values[:24, :28, :28], scan.affine)
    doubt = lambda distance, spacing, contrast: torch.full_like(distance, 5.0)  # noqa: E731
    monkeypatch.setattr("lumenfield.refinement.part.drawn_doubt", doubt)
    found = run(small)
    other = refine_from(small, found.initial.distance, found.initial.field)
    wall = np.abs(found.prediction.distance.values) < 0.4
    assert np.median(found.prediction.spread.values[wall]) > 3.0
    assert np.median(other.prediction.spread.values[wall]) < 1.0


@pytest.mark.parametrize("kind", ["mask", "probability", "distance"])
def test_any_kind_of_start_is_refined(scan: Volume, truth: Volume, kind: str) -> None:
    starts = {
        "mask": (truth.values < 0).astype(np.uint8),
        "probability": (1 / (1 + np.exp(truth.values + 0.3))).astype(np.float32),
        "distance": truth.values + 0.3,
    }
    outcome = refine_from(scan, truth.like(starts[kind]))
    assert wall_rms(outcome.prediction.distance, truth) < 0.12


def test_a_start_that_fills_the_scan_is_told(scan: Volume, truth: Volume) -> None:
    upright = refine_from(scan, truth.like((truth.values < 0).astype(np.uint8)))
    turned = refine_from(scan, truth.like((truth.values >= 0).astype(np.uint8)))
    said = [any("of the scan" in w for w in o.prediction.warnings) for o in (upright, turned)]
    assert said == [False, True]


def test_a_start_on_another_grid_is_refused(scan: Volume, truth: Volume) -> None:
    shifted = Volume(truth.values, scaling((1.0, 1.0, 1.0)))
    with pytest.raises(InputError, match="both must be on one grid"):
        refine_from(scan, shifted)


@pytest.mark.parametrize(("value", "side"), [(0, "outside"), (1, "inside")])
def test_a_start_without_a_wall_is_refused(scan: Volume, value: int, side: str) -> None:
    with pytest.raises(InputError, match=f"segmentation is all {side}"):
        refine_from(scan, scan.like(np.full(SHAPE, value, np.uint8)))


def test_an_unknown_model_is_named_with_the_nearest(scan: Volume) -> None:
    with pytest.raises(InputError, match="did you mean vessel3d"):
        segment(scan, SegmentOptions(models=("vesel3d",)))


def test_a_refined_wall_does_not_depend_on_how_the_scan_is_stored(scan: Volume) -> None:
    turn = Turn((2, 0, 1), (True, False, True))
    small = Volume(scan.values[:20, :24, :20], scan.affine)
    there, back = segment(small), segment(turn(small))
    assert np.array_equal(turn(there.distance).values, back.distance.values)
    assert np.array_equal(turn(there.spread).values, back.spread.values)
