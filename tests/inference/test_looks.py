"""Looks: quick ones where nothing is, close ones where something may be, and the same wall."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import Volume, scaling
from lumenfield.geometry import Ball, sample_distance
from lumenfield.inference import PredictOptions, predict, seen_spacing
from lumenfield.inference.readers import fused
from lumenfield.networks import Checkpoint, UNetConfig, build
from lumenfield.tensors import Fields

SHAPE, SPACING = (136, 40, 40), (1.0, 1.0, 1.0)
TILED = PredictOptions(precision="float32", tile=40, max_memory_gb=1.0)


@pytest.fixture
def corner() -> Volume:
    """A bright ball in one corner of a dark scan with a little noise."""
    ball = Ball(radius_mm=6.0).moved(-56.0, -7.0, -6.0)
    distance = sample_distance(ball, SHAPE, SPACING)[0, 0]
    return Volume(torch.erfc(distance).numpy() + _noise(), scaling(SPACING))


def _noise() -> NDArray[np.float32]:
    draw = torch.randn(SHAPE, generator=torch.Generator().manual_seed(0))
    return np.asarray(0.01 * draw.numpy())


def _voxels(shown: list[tuple[int, ...]]) -> int:
    return sum(math.prod(shape) for shape in shown)


@pytest.fixture
def counting(threshold: Checkpoint) -> tuple[Checkpoint, list[tuple[int, ...]]]:
    """The threshold network at ½ of the contrast, and the tiles it was shown."""
    shown: list[tuple[int, ...]] = []

    class Counting(type(threshold.network)):  # type: ignore[misc]
        def forward(self, image: Fields) -> Fields:
            shown.append(tuple(image.shape[2:]))
            return 3 * (super().forward(image) - 1.5)

    network = Counting(threshold.network.config).eval()
    network.__deepcopy__ = lambda memo: network  # type: ignore[assignment]
    return dataclasses.replace(threshold, network=network), shown


def test_an_empty_tile_is_looked_at_once_and_the_wall_is_the_same(
    counting: tuple[Checkpoint, list[tuple[int, ...]]], corner: Volume
) -> None:
    checkpoint, shown = counting
    options = dataclasses.replace(TILED, scales=(1.0,))
    quick = predict(corner, [checkpoint], options)
    n_quick = len(shown)
    everywhere = predict(corner, [checkpoint], dataclasses.replace(options, quiet=float("inf")))
    assert _voxels(shown[:n_quick]) < 0.5 * _voxels(shown[n_quick:])
    assert np.array_equal(quick.distance.values < 0, everywhere.distance.values < 0)
    near = np.abs(everywhere.distance.values) < 2
    assert np.abs(quick.distance.values - everywhere.distance.values)[near].max() < 0.02


def test_progress_ends_where_it_should_though_tiles_are_skipped(
    threshold: Checkpoint, corner: Volume
) -> None:
    ticks: list[tuple[int, int]] = []
    predict(corner, [threshold], TILED, lambda *tick: ticks.append(tick))
    assert ticks[-1][0] == ticks[-1][1]
    assert all(a[0] < b[0] for a, b in itertools.pairwise(ticks))


def test_folding_batch_norms_changes_nothing() -> None:
    network = build(UNetConfig(ndim=3, widths=(4, 8)), seed=1)
    image = torch.randn(2, 1, 16, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for _ in range(3):
            network(image)
        network.eval()
        assert torch.allclose(fused(network)(image), network(image), atol=1e-4)
        assert sum(isinstance(m, torch.nn.BatchNorm3d) for m in fused(network).modules()) == 0
        assert sum(isinstance(m, torch.nn.BatchNorm3d) for m in network.modules()) > 0


def test_bfloat16_gives_the_same_probability_and_wall_within_tolerance(corner: Volume) -> None:
    """The promise to users: 0.03 in probability, 0.02 voxel rms in the wall."""
    from lumenfield.networks.models import load_model

    scan = Volume(corner.values[:32], corner.affine)
    full, lower = (
        predict(scan, [load_model("vessel3d")], PredictOptions(precision=p, scales=(1.0,)))
        for p in ("float32", "bfloat16")
    )
    assert np.abs(full.probability.values - lower.probability.values).max() < 0.03
    near = np.abs(full.distance.values) < 1
    moved = np.abs(full.distance.values - lower.distance.values)[near]
    assert np.sqrt((moved**2).mean()) < 0.02
    assert (moved > 0.05).mean() < 0.01


def test_tiles_of_empty_air_are_read_once(
    counting: tuple[Checkpoint, list[tuple[int, ...]]], corner: Volume
) -> None:
    checkpoint, shown = counting
    masked = corner.like(np.where(corner.values > 0.3, corner.values, 0))
    options = dataclasses.replace(TILED, quiet=float("inf"), scales=(1.0,))
    predict(masked, [checkpoint], options)
    n_masked = len(shown)
    predict(corner, [checkpoint], options)
    assert _voxels(shown[:n_masked]) < 0.5 * _voxels(shown[n_masked:])


def test_long_voxels_are_sampled_evenly_before_networks_see_them(
    counting: tuple[Checkpoint, list[tuple[int, ...]]], corner: Volume
) -> None:
    checkpoint, shown = counting
    scan = Volume(corner.values[:64, :, ::5], scaling((1.0, 1.0, 5.0)))
    found = predict(scan, [checkpoint], PredictOptions(precision="float32", scales=(1.0,)))
    assert set(shown) == {(46, 29, 29), (23, 14, 14)}  # at half size too
    assert found.distance.shape == (64, 40, 8)


@pytest.mark.parametrize(("strength", "kept"), [(3.0, True), (1.0, False)])
def test_what_the_enlarged_look_loses_is_kept_where_the_first_is_sure(
    threshold: Checkpoint, strength: float, kept: bool
) -> None:
    class Nearsighted(type(threshold.network)):  # type: ignore[misc]
        def forward(self, image: Fields) -> Fields:
            sure = strength * (super().forward(image) > 0.5) - 0.5
            return sure if image.shape[-1] <= 32 else -torch.ones_like(sure)

    network = Nearsighted(threshold.network.config).eval()
    distance = sample_distance(Ball(radius_mm=7.0), (32, 32, 32), SPACING)[0, 0]
    scan = Volume(torch.erfc(distance).numpy(), scaling(SPACING))
    options = PredictOptions(precision="float32", wide=False)
    found = predict(scan, [dataclasses.replace(threshold, network=network)], options)
    assert (found.distance.values < 0).any() == kept


def test_voxels_that_networks_see_are_as_large_as_the_scans() -> None:
    assert seen_spacing((0.7, 0.71, 0.7)) == (0.7, 0.71, 0.7)
    assert seen_spacing((2.0, 1.0, 1.0)) == pytest.approx((2 ** (1 / 3),) * 3)
    assert seen_spacing((5.0, 1.0, 1.0)) == pytest.approx((1.4,) * 3)
    assert seen_spacing((1.0, 2.0)) == pytest.approx((1.4, 1.4))
