"""Boxes that cover what is wanted."""

import numpy as np

from lumenfield.refinement.boxes import boxes_around, ramp


def diagonal(n=80):
    wanted = np.zeros((n, n, n), bool)
    for k in range(10, n - 10):
        wanted[k, k, k] = True
    return wanted


def test_every_wanted_voxel_has_full_weight_in_some_box():
    wanted, halo = diagonal(), 4
    weight = np.zeros(wanted.shape)
    for box in boxes_around(wanted, halo, 10**9):
        part = weight[box.slices]
        np.maximum(part, ramp(box, halo, wanted.shape), out=part)
    assert (weight[wanted] == 1).all()


def test_a_slanted_vessel_is_cut_into_less_work():
    boxes = boxes_around(diagonal(), 4, 10**9)
    assert len(boxes) > 1
    assert sum(box.voxels for box in boxes) < 0.5 * 68**3
    assert [b.voxels for b in boxes] == sorted((b.voxels for b in boxes), reverse=True)


def test_a_compact_one_is_not_cut_unless_it_is_too_large():
    wanted = np.zeros((64, 64), bool)
    wanted[8:56, 8:56] = True
    assert len(boxes_around(wanted, 4, 10**9)) == 1
    assert all(b.voxels <= 1500 for b in boxes_around(wanted, 4, 1500))


def test_nothing_wanted_no_boxes():
    assert boxes_around(np.zeros((5, 5), bool), 4, 100) == ()


def test_faces_of_the_grid_keep_their_weight():
    wanted = np.zeros((30, 30), bool)
    wanted[0:3, 10:15] = True
    (box,) = boxes_around(wanted, 4, 10**9)
    weight = ramp(box, 4, wanted.shape)
    assert weight[0].max() == 1
    assert 0 < weight[-1].max() < 0.5
