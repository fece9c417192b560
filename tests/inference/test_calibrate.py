"""Calibration: a known error is found, with its size and its correlation length."""

import dataclasses

import numpy as np
import pytest
import torch

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.inference import PredictOptions, calibrate
from lumenfield.levelset import redistance
from lumenfield.levelset.spectral import draw_matern
from lumenfield.networks import Checkpoint
from lumenfield.tensors import Fields

Pair = tuple[Volume, Volume]
EXACT = PredictOptions(precision="float32", flips="none", scales=(1.0,))


def _displaced(truth: Volume, seed: int, spread: float, length: float) -> Volume:
    error = draw_matern(
        truth.shape,
        truth.spacing,
        spread=spread,
        length=length,
        generator=torch.Generator().manual_seed(seed),
    )
    phi = torch.from_numpy(truth.values)[None, None] + error
    return truth.like(redistance(phi, truth.spacing)[0, 0].numpy())


@pytest.fixture
def distance_reader(threshold: Checkpoint) -> Checkpoint:
    """A network shown minus the distance itself, which it returns as logits."""

    class Unchanged(type(threshold.preprocessing)):  # type: ignore[misc]
        def normalise(self, image: Fields) -> Fields:
            return image

    return dataclasses.replace(threshold, preprocessing=Unchanged())


def test_a_planted_error_is_measured(distance_reader: Checkpoint, ball: Pair) -> None:
    _, truth = ball
    voxel = float(np.prod(truth.spacing) ** (1 / 3))
    scan = truth.like(-truth.values)
    cases = [(scan, _displaced(truth, seed, 0.3 * voxel, 3.0 * voxel)) for seed in range(8)]
    found = calibrate(distance_reader, cases, EXACT).calibration
    assert found.spread_voxels == pytest.approx(0.3, rel=0.25)
    assert 1.5 < found.length_voxels < 6


def test_a_larger_error_is_a_larger_spread(distance_reader: Checkpoint, ball: Pair) -> None:
    scan, truth = ball[1].like(-ball[1].values), ball[1]
    small, large = (
        calibrate(distance_reader, [(scan, _displaced(truth, 1, s, 3.0))], EXACT).calibration
        for s in (0.1, 0.4)
    )
    assert large.spread_voxels > 2.5 * small.spread_voxels


def test_no_wall_is_told(distance_reader: Checkpoint, ball: Pair) -> None:
    empty = ball[1].like(-np.abs(ball[1].values) - 2)
    with pytest.raises(InputError, match="no wall was found in any case"):
        calibrate(distance_reader, [(empty, ball[1])], EXACT)
