"""Scans of other kinds are doubted, those of the network's own are not."""

from dataclasses import replace

import numpy as np
import pytest

from lumenfield.datatypes import MaternField, Prediction, Volume, scaling
from lumenfield.inference import calibrate, certainty, doubt_of, doubted, predict
from lumenfield.inference.familiar import usual_certainty
from lumenfield.networks import Calibration, Checkpoint
from lumenfield.networks.models import load_model
from lumenfield.networks.unet import UNet, UNetConfig
from lumenfield.pipeline import SegmentOptions, run


def found(probability: float) -> Prediction:
    """A bar of lumen, as sure as said, in voxels of 2 mm."""
    affine = scaling((2.0, 2.0, 2.0))
    inside = np.zeros((8, 8, 8), dtype=bool)
    inside[:, 3:5, 3:5] = True
    return Prediction(
        Volume(np.where(inside, probability, 0.1).astype(np.float32), affine),
        Volume(np.where(inside, -1.0, 1.0).astype(np.float32), affine),
        Volume(np.full(inside.shape, 3.0, np.float32), affine),
        MaternField(1.0, 4.0),
    )


def network(**provenance: float) -> Checkpoint:
    plan = UNetConfig(widths=(4, 8))
    return Checkpoint(UNet(plan), calibration=Calibration(1.8), provenance=provenance)


def test_certainty_is_the_mean_probability_of_the_lumen() -> None:
    assert certainty(found(0.7)) == pytest.approx(0.7)
    assert certainty(found(0.9)) == pytest.approx(0.9)


def test_without_lumen_there_is_neither_certainty_nor_doubt() -> None:
    one = found(0.7)
    nothing = Prediction(
        one.probability, one.distance.like(np.ones(one.distance.shape)), one.spread, one.field
    )
    assert certainty(nothing) is None
    assert not doubt_of(nothing, [network()]).warning


def test_a_sure_network_is_left_alone() -> None:
    sure = found(0.95)
    assert doubted(sure, doubt_of(sure, [network()])) is sure


def test_doubt_widens_the_spread_more_the_less_sure_the_network_is() -> None:
    little = doubt_of(found(0.79), [network()])
    much = doubt_of(found(0.5), [network()])
    assert 2.0 < little.spread_mm < 2.4
    assert much.spread_mm == pytest.approx(6.0, rel=1e-5)
    wide = doubted(found(0.5), much)
    assert wide.spread.values.min() == pytest.approx(np.hypot(3.0, 6.0), rel=1e-4)


def test_the_warning_says_how_sure_it_is_and_comes_once() -> None:
    doubt = doubt_of(found(0.6), [network()])
    twice = doubted(doubted(found(0.6), doubt), doubt)
    assert len(twice.warnings) == 1
    assert "only 60% of what it found to be lumen (80% is usual)" in twice.warnings[0]


def test_what_is_wider_than_any_vessel_is_doubted_however_sure() -> None:
    axes = np.meshgrid(*[np.arange(24.0) - 11.5] * 3, indexing="ij")
    for voxel_mm, wide in ((2.0, False), (4.0, True)):
        affine = scaling((voxel_mm,) * 3)
        phi = voxel_mm * (np.sqrt(sum(a**2 for a in axes)) - 9.5).astype(np.float32)
        ball = replace(
            found(0.95),
            distance=Volume(phi, affine),
            probability=Volume(np.where(phi < 0, 0.95, 0.1).astype(np.float32), affine),
        )
        doubt = doubt_of(ball, [network()])
        assert doubt.spread_mm == pytest.approx(voxel_mm if wide else 0.0)
        assert ("mm wide; vessels and ventricles are under 60 mm" in doubt.warning) == wide


def test_a_lumen_that_fills_most_of_the_scan_may_be_what_surrounds_one() -> None:
    bar = found(0.95)
    turned = replace(
        bar,
        distance=bar.distance.like(-bar.distance.values),
        probability=bar.distance.like(np.full(bar.distance.shape, 0.95, np.float32)),
    )
    assert not doubt_of(bar, [network()]).warning
    doubt = doubt_of(turned, [network()])
    assert "fills 94% of the scan" in doubt.warning
    assert doubt.spread_mm == pytest.approx(2.0)


def test_a_network_may_say_how_sure_it_usually_is() -> None:
    assert doubt_of(found(0.85), [network(least_certainty=0.9)]).warning
    assert not doubt_of(found(0.7), [network(least_certainty=0.6)]).warning


def test_a_network_that_was_never_calibrated_is_not_judged() -> None:
    raw = replace(network(), calibration=Calibration())
    assert not doubt_of(found(0.51), [raw]).warning


def test_few_good_scans_stay_below_what_is_usual() -> None:
    sure = np.linspace(0.7, 1.0, 301)
    assert (sure < usual_certainty(list(sure))).mean() == pytest.approx(0.1, abs=0.005)


def test_calibration_notes_how_sure_a_network_is_of_what_it_finds_well(
    threshold: Checkpoint, ball: tuple[Volume, Volume]
) -> None:
    scan, truth = ball
    noted = calibrate(threshold, [(scan, truth)] * 8)
    few = calibrate(threshold, [(scan, truth)] * 3)
    sure = certainty(predict(scan, [noted]))
    assert noted.provenance["least_certainty"] == pytest.approx(sure, abs=0.02)
    assert "least_certainty" not in few.provenance


def test_a_tube_is_familiar_to_the_shipped_network() -> None:
    axes = np.meshgrid(*[np.arange(40.0)] * 3, indexing="ij")
    tube = np.clip(4.5 - np.hypot(axes[1] - 19.3, axes[2] - 20.1), 0, 1)
    noise = np.random.default_rng(1).normal(0, 0.05, (2, *tube.shape))
    scan = Volume(np.hypot(tube + noise[0], noise[1]).astype(np.float32), scaling((1.0,) * 3))
    outcome = run(scan, SegmentOptions(refine=False))
    least = load_model("vessel3d").provenance.get("least_certainty", 0.8)
    assert (certainty(outcome.prediction) or 0.0) > least
    assert not any("not like those" in line for line in outcome.prediction.warnings)


def test_noise_is_no_vessel_or_a_doubtful_one() -> None:
    parts = np.random.default_rng(2).normal(0, 100, (2, 40, 40, 40))
    scan = Volume(np.hypot(*parts).astype(np.float32), scaling((1.0,) * 3))
    result = run(scan).prediction
    assert any("no vessel" in line or "not like those" in line for line in result.warnings)
    if (result.distance.values < 0).any():
        assert result.spread.values.min() > 1.0
