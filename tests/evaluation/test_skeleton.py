import numpy as np
import pytest
from scipy import ndimage
from skimage.measure import euler_number

from lumenfield.evaluation.skeleton import skeleton


def blobs(shape, seed):
    noise = np.random.default_rng(seed).normal(size=shape)
    return ndimage.gaussian_filter(noise, 1.5) > 0.02


@pytest.mark.parametrize("shape", [(24, 24, 24), (48, 48)])
@pytest.mark.parametrize("seed", range(4))
def test_a_skeleton_keeps_components_tunnels_and_cavities(shape, seed):
    mask = blobs(shape, seed)
    line = skeleton(mask)
    corners, faces = (ndimage.generate_binary_structure(len(shape), c) for c in (len(shape), 1))
    for a, b, structure in ((mask, line, corners), (~np.pad(mask, 1), ~np.pad(line, 1), faces)):
        assert ndimage.label(a, structure)[1] == ndimage.label(b, structure)[1]
    assert euler_number(mask, len(shape)) == euler_number(line, len(shape))


@pytest.mark.parametrize("shape", [(24, 24, 24), (48, 48)])
def test_a_skeleton_lies_in_its_mask_and_is_thin(shape):
    mask = blobs(shape, 7)
    line = skeleton(mask)
    assert not (line & ~mask).any()
    assert not ndimage.binary_erosion(line).any()
    assert np.array_equal(skeleton(line), line)


@pytest.mark.parametrize("radius", [1.2, 2.2, 3.2, 5.2, 8])
@pytest.mark.parametrize("across", [29, 30])
def test_a_tube_is_thinned_to_its_axis_whether_even_or_odd(tube, radius, across):
    line = np.argwhere(skeleton(tube(radius, (across, across, 40)) < 0))
    assert np.ptp(line[:, 2]) > 39 - 2 * radius
    assert np.linalg.norm(line[:, :2] - (across - 1) / 2, axis=1).max() <= 1
    assert len(line) <= 40


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 1, 1), (2, 2, 2), (1, 3, 3), (4, 4, 9)])
def test_no_mask_is_thinned_to_nothing(size):
    assert skeleton(np.pad(np.ones(size, dtype=bool), 2)).any()


def test_order_in_memory_changes_nothing():
    mask = blobs((16, 16, 16), 2)
    assert np.array_equal(skeleton(np.asfortranarray(mask)), skeleton(mask))


def test_a_ring_stays_a_ring(ball):
    ring = (ball(12, (40, 40, 9)) < 0) & (ball(7, (40, 40, 9)) > 0)
    line = skeleton(ring)
    assert euler_number(line, 3) == 0
    assert np.count_nonzero(line) < 1.3 * 2 * np.pi * 9.5


def test_nothing_is_thinned_to_nothing():
    assert not skeleton(np.zeros((3, 4), dtype=bool)).any()
