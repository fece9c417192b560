"""Orientation: however a scan is stored, the answer is the same, voxel for voxel."""

import itertools

import numpy as np
import pytest

from lumenfield.datatypes import Volume, scaling
from lumenfield.inference import PredictOptions, predict
from lumenfield.inference.orientation import Turn, turn_upright
from lumenfield.networks import Calibration, Checkpoint, UNet, UNetConfig, build

WAYS = list(
    itertools.product(itertools.permutations(range(3)), itertools.product((0, 1), repeat=3))
)


def oblique(angles: tuple[float, float, float]) -> np.ndarray:
    """An affine turned about each axis, with unequal spacing and an origin."""
    turn = np.eye(3)
    for (a, b), angle in zip(((0, 1), (1, 2), (0, 2)), angles, strict=True):
        one = np.eye(3)
        one[a, a] = one[b, b] = np.cos(angle)
        one[a, b], one[b, a] = -np.sin(angle), np.sin(angle)
        turn = turn @ one
    affine = np.eye(4)
    affine[:3, :3] = turn * (0.8, 0.9, 1.7)
    affine[:3, 3] = (-12.0, 31.5, 4.25)
    return affine


@pytest.mark.parametrize("angles", [(0.0, 0.0, 0.0), (0.3, -0.2, 0.5), (np.pi / 4, 0.0, np.pi / 4)])
def test_all_48_ways_to_store_a_scan_have_one_upright_grid(angles: tuple[float, ...]) -> None:
    values = np.random.default_rng(0).random((4, 5, 6))
    scan = Volume(values, oblique(angles))  # type: ignore[arg-type]
    upright = turn_upright(scan)(scan)
    for axes, flips in WAYS:
        stored = Turn(axes, tuple(map(bool, flips)))(scan)
        again = turn_upright(stored)(stored)
        assert np.array_equal(again.values, upright.values)
        assert np.allclose(again.affine, upright.affine, atol=1e-12)


def test_upright_is_right_anterior_superior() -> None:
    scan = Volume(np.zeros((4, 5, 6)), oblique((0.2, -0.1, 0.3)))
    turned = turn_upright(Turn((2, 0, 1), (True, False, True))(scan))
    upright = turned(Turn((2, 0, 1), (True, False, True))(scan))
    assert np.abs(upright.affine[:3, :3]).argmax(0).tolist() == [0, 1, 2]
    assert (np.diag(upright.affine)[:3] > 0).all()


def test_there_and_back_is_the_volume() -> None:
    scan = Volume(np.random.default_rng(1).random((4, 5, 6)), oblique((0.1, 2.0, -0.7)))
    turn = turn_upright(scan)
    back = turn.back(turn(scan), scan)
    assert np.array_equal(back.values, scan.values)
    stack = np.stack([turn(scan).values, 2 * turn(scan).values]).astype(np.float32)
    assert np.array_equal(turn.stack_back(stack)[1], (2 * scan.values).astype(np.float32))


def test_segmentation_commutes_with_all_48_reorientations() -> None:
    """With weights at random, which know left from right and up from down."""
    network = build(UNetConfig(ndim=3, widths=(2, 4)), seed=4).eval()
    checkpoint = Checkpoint(network, calibration=Calibration(temperature=0.05))
    draw = np.random.default_rng(2)
    scan = Volume(draw.random((9, 10, 12)).astype(np.float32), oblique((0.3, -0.2, 0.5)))
    options = PredictOptions(precision="float32", scales=(1.0,), flips="none", least_voxels=0)
    there = predict(scan, [checkpoint], options)
    assert 0 < (there.distance.values < 0).mean() < 1
    for axes, flips in WAYS:
        turn = Turn(axes, tuple(map(bool, flips)))
        found = predict(turn(scan), [checkpoint], options)
        for name in ("probability", "distance", "spread"):
            expected = turn(getattr(there, name))
            assert np.array_equal(getattr(found, name).values, expected.values)
            assert np.allclose(getattr(found, name).affine, expected.affine, atol=1e-9)


def test_a_slice_has_8_ways() -> None:
    values = np.random.default_rng(3).random((5, 6))
    scan = Volume(values, oblique((0.2, 1.5, 0.1)))
    upright = turn_upright(scan)(scan)
    for axes, flips in itertools.product(
        itertools.permutations(range(2)), [(0, 0), (0, 1), (1, 1)]
    ):
        stored = Turn(axes, tuple(map(bool, flips)))(scan)
        assert np.array_equal(turn_upright(stored)(stored).values, upright.values)


def test_a_network_for_images_reads_a_transposed_one_alike() -> None:
    network = UNet(UNetConfig(ndim=2, widths=(2, 4))).eval()
    checkpoint = Checkpoint(network, calibration=Calibration(temperature=0.05))
    scan = Volume(np.random.default_rng(4).random((12, 16)), scaling((1.0, 0.5)))
    options = PredictOptions(precision="float32", least_voxels=0)
    turn = Turn((1, 0), (True, False))
    there, back = (predict(one, [checkpoint], options) for one in (scan, turn(scan)))
    assert np.array_equal(turn(there.probability).values, back.probability.values)
