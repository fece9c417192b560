import numpy as np
import pytest

from lumenfield.evaluation.topology import (
    betti0_error,
    betti1_error,
    cldice,
    n_components,
    n_tunnels,
)


@pytest.mark.parametrize("radii", [(3, 5), (5, 3), (4, 4)])
def test_cldice_of_a_tube_against_its_dilation_is_one(tube, radii):
    thin, thick = (tube(r + 0.2) < 0 for r in radii)
    assert cldice(thin, thick) == 1


def test_cldice_of_a_cut_tube_is_less_by_what_was_cut(tube):
    whole = tube(3.2) < 0
    cut = whole.copy()
    cut[:, :, 10:20] = False
    # All of what is left lies on the tube; a third of the tube's line is lost.
    assert cldice(cut, whole) == pytest.approx(2 * (2 / 3) / (1 + 2 / 3), abs=0.03)


def test_cldice_of_tubes_apart_is_zero(tube):
    assert cldice(tube(2.2, at=(-8, 0)) < 0, tube(2.2, at=(8, 0)) < 0) == 0


def test_cldice_works_on_a_single_mask_in_two_dimensions(ball):
    disc = ball(6, (32, 24), (1.0, 1.0)) < 0
    assert cldice(disc, disc) == 1


def test_cldice_of_empty_masks():
    empty, full = np.zeros((4, 5, 6), dtype=bool), np.ones((4, 5, 6), dtype=bool)
    assert (cldice(empty, empty), cldice(empty, full), cldice(full, empty)) == (1, 0, 0)


def test_betti0_error_counts_pieces_either_way():
    one = np.zeros((3, 9), dtype=bool)
    one[1] = True
    three = one.copy()
    three[1, [2, 6]] = False
    assert (betti0_error(three, one), betti0_error(one, three), betti0_error(one, one)) == (2, 2, 0)


@pytest.mark.parametrize("ndim", [2, 3])
def test_voxels_that_share_a_corner_are_connected(ndim):
    diagonal = np.zeros((4,) * ndim, dtype=bool)
    diagonal[(range(4),) * ndim] = True
    assert n_components(diagonal) == 1


def _torus():
    x, y, z = np.meshgrid(*[np.arange(24) - 11.6] * 3, indexing="ij")
    return np.hypot(np.hypot(x, y) - 7, z) < 3


def test_tunnels_of_known_shapes(ball):
    solid = ball(8, (24,) * 3) < 0
    hollow = solid & ~(ball(4, (24,) * 3) < 0)
    assert [n_tunnels(m) for m in (solid, hollow, _torus())] == [0, 0, 1]
    ring = (ball(8, (24, 24), (1.0, 1.0)) < 0) & ~(ball(4, (24, 24), (1.0, 1.0)) < 0)
    assert [n_tunnels(m) for m in (ring, np.zeros((5, 5), bool))] == [1, 0]


def test_a_lost_loop_is_an_error_of_one(ball):
    assert betti1_error(ball(8, (24,) * 3) < 0, _torus()) == 1
