"""Prediction: the wall is the zero level, on the scan's own grid, and bad scans are named."""

import dataclasses

import numpy as np
import pytest

from lumenfield.datatypes import Volume, scaling
from lumenfield.errors import InputError
from lumenfield.inference import PredictOptions, check_scan, predict
from lumenfield.networks import Calibration, Checkpoint, UNet, UNetConfig

Pair = tuple[Volume, Volume]
EXACT = PredictOptions(precision="float32", scales=(1.0,))


def test_the_wall_is_where_the_logits_cross_zero(threshold: Checkpoint, ball: Pair) -> None:
    scan = Volume(ball[0].values, scaling((0.8, 0.8, 0.8)))
    found = predict(scan, [threshold], EXACT)
    level = scan.values - scan.values.mean()
    assert np.array_equal(found.distance.values < 0, level > 0)
    assert np.array_equal(found.probability.values > 0.5, level > 0)


def test_the_distance_is_one(threshold: Checkpoint, ball: Pair) -> None:
    scan, truth = ball
    found = predict(scan, [threshold], EXACT).distance.values
    gap = found - truth.values
    near = np.abs(truth.values) < 2
    assert gap[near].std() < 0.03
    assert found.dtype == np.float32


def test_geometry_is_the_scans(threshold: Checkpoint, ball: Pair) -> None:
    scan = Volume(ball[0].values, ball[0].affine @ np.diag([-1.0, 1, 1, 1]))
    found = predict(scan, [threshold], EXACT)
    for volume in (found.probability, found.distance, found.spread):
        assert np.array_equal(volume.affine, scan.affine)


def test_flipping_the_scan_flips_the_answer(threshold: Checkpoint, ball: Pair) -> None:
    scan = ball[0]
    there = predict(scan, [threshold], EXACT).distance.values
    back = predict(scan.like(scan.values[::-1].copy()), [threshold], EXACT).distance.values[::-1]
    gap = np.abs(there - back)[np.abs(there) < 3]
    assert gap.mean() < 1e-3
    assert gap.max() < 0.1
    assert np.abs(there - back).max() < 0.5


def test_spread_is_calibrated_and_grows_with_disagreement(
    threshold: Checkpoint, ball: Pair
) -> None:
    scan = ball[0]
    voxel = float(np.prod(scan.spacing) ** (1 / 3))
    alone = predict(scan, [threshold], EXACT).spread.values
    assert np.allclose(alone, 0.4 * voxel, rtol=1e-3)

    class Shifted(type(threshold.network)):  # type: ignore[misc]
        def forward(self, image):  # type: ignore[no-untyped-def]
            return super().forward(image) + 0.4

    other = dataclasses.replace(threshold, network=Shifted(threshold.network.config).eval())
    both = predict(scan, [threshold, other], EXACT)
    assert (both.spread.values > 0.4 * voxel * 1.01).mean() > 0.9


def test_temperature_softens_the_probability_and_keeps_the_wall(
    threshold: Checkpoint, ball: Pair
) -> None:
    soft = dataclasses.replace(threshold, calibration=Calibration(temperature=3.0))
    sharp = predict(ball[0], [threshold], EXACT)
    found = predict(ball[0], [soft], EXACT)
    near = np.abs(sharp.distance.values) < 2
    assert np.abs(found.distance.values - sharp.distance.values)[near].max() < 1e-3
    assert found.probability.values.max() < sharp.probability.values.max()


def test_specks_are_dropped_and_told(threshold: Checkpoint, ball: Pair) -> None:
    values = ball[0].values.copy()
    values[1, 1, 1] = values.max()
    found = predict(ball[0].like(values), [threshold], EXACT)
    assert found.distance.values[1, 1, 1] > 0
    assert any("1 speck too small" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((8, 8, 8), np.nan), "512 of 512 values that are NaN or infinite"),
        (np.zeros((8, 8, 8)), "0.0 everywhere"),
        (np.random.default_rng(0).random((1, 1, 1)), "scan is 1×1×1; a scan needs at least 4"),
    ],
)
def test_scans_that_cannot_be_read_are_named(values: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_scan(Volume(values, scaling((1.0, 1.0, 1.0))))


def test_a_network_of_another_dimension_is_refused(ball: Pair) -> None:
    flat = Checkpoint(UNet(UNetConfig(ndim=2, widths=(2, 4))).eval())
    with pytest.raises(InputError, match=r"scan is 3-D; the network is 2-D: .* such as vessel3d"):
        predict(ball[0], [flat])


def test_voxels_unlike_the_training_are_told(threshold: Checkpoint, ball: Pair) -> None:
    huge = Volume(ball[0].values, scaling((9.0, 9.0, 30.0)))
    warnings = " ".join(predict(huge, [threshold], EXACT).warnings)
    assert "outside what the network saw" in warnings
    assert "3.3 times longer than wide" in warnings


def test_what_one_scale_alone_sees_is_dropped(threshold: Checkpoint, ball: Pair) -> None:
    class Coarse(type(threshold.network)):  # type: ignore[misc]
        """Invents a vessel in the corner, but only in enlarged scans."""

        def forward(self, image):  # type: ignore[no-untyped-def]
            logits = super().forward(image)
            if image.shape[-1] > 40:
                logits[..., :6, :6, :6] = 3.0
            return logits

    doubled = dataclasses.replace(threshold, network=Coarse(threshold.network.config).eval())
    options = dataclasses.replace(EXACT, flips="none", scales=(1.0, 1.5))
    found = predict(ball[0], [doubled], options)
    assert found.distance.values[1, 1, 1] > 0
    assert any("too doubtful" in warning for warning in found.warnings)


def test_scales_out_of_range_are_refused() -> None:
    with pytest.raises(InputError, match="scales are"):
        PredictOptions(scales=(9.0,))
