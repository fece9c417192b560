"""Every kind of anatomy draws in two and three dimensions, within its ranges."""

import math

import numpy as np
import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.geometry import Ball, Bulge, Empty, Vessel, grid_points
from lumenfield.synthesis.anatomy import ANATOMIES, AnatomyRanges, draw_anatomy, thinnest_mm
from lumenfield.synthesis.draws import Draw


@pytest.mark.parametrize("kind", ANATOMIES)
@pytest.mark.parametrize("extent", [(60.0, 40.0), (50.0, 64.0, 30.0)])
def test_every_kind_is_a_solid_that_repeats(kind, extent):
    ranges = AnatomyRanges(kinds={kind: 1.0})
    points = grid_points((8,) * len(extent), tuple(e / 8 for e in extent))
    solids = [draw_anatomy(Draw(1, i), ranges, extent, 1.0) for i in (0, 0, 1)]
    assert solids[0] == solids[1]
    assert kind == "empty" or solids[0] != solids[2]
    assert torch.isfinite(solids[0].distance(points)).all()


def test_radii_are_within_the_range_and_a_third_of_the_view():
    ranges = AnatomyRanges(radius_voxels=(2.0, 30.0), trees=(1, 1), branches=(0, 0), aneurysm=0.0)
    widest = []
    for index in range(20):
        (tree,) = draw_anatomy(Draw(0, index), ranges, (40.0, 50.0, 60.0), 0.5).parts
        widest.append(max(tree.parts[0].radii_mm))
    assert min(widest) >= 1.0 - 1e-6
    assert max(widest) <= 0.35 * 40 + 1e-6


def test_centres_are_real_numbers():
    ranges = AnatomyRanges(kinds={"ball": 1.0})
    offsets = [draw_anatomy(Draw(0, i), ranges, (40.0, 40.0), 1.0).offset_mm for i in range(20)]
    shares = np.asarray(offsets) % 1.0
    assert len(np.unique(np.round(shares, 3))) > 30


def test_a_gentle_bend_never_exceeds_its_curvature():
    ranges = AnatomyRanges(bend=(0.3, 0.3), trees=(1, 1), branches=(0, 0), aneurysm=0.0)
    for index in range(10):
        (tree,) = draw_anatomy(Draw(2, index), ranges, (80.0,) * 3, 1.0).parts
        points = np.asarray(tree.parts[0].points_mm)
        steps = np.diff(points, axis=0)
        unit = steps / np.linalg.norm(steps, axis=1, keepdims=True)
        turns = np.arccos(np.clip((unit[1:] * unit[:-1]).sum(1), -1, 1))
        curvature = turns / np.linalg.norm(steps[1:], axis=1)
        assert curvature.max() * max(tree.parts[0].radii_mm) <= 0.3 + 1e-3


def test_the_thinnest_part_is_found():
    narrow = Vessel(((0.0, 0.0), (9.0, 0.0)), (4.0, 3.0), (Bulge(0.5, 0.5, 2.0),))
    assert thinnest_mm(narrow | Ball(2.0).moved(1.0, 1.0)) == pytest.approx(1.5)
    assert thinnest_mm(Empty()) == math.inf


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kinds": {"shrub": 1.0}}, "anatomy kinds .*shrub.*; known are tree, pair, ball, tube"),
        ({"kinds": {}}, "known are tree"),
        ({"kinds": {"tree": -1.0}}, "weights of zero or more"),
        ({"radius_voxels": (3.0, 2.0)}, r"radius_voxels = \[3\.0, 2\.0\]"),
        ({"trees": (0, 1)}, r"trees = \[0, 1\]; .* starts at 1"),
        ({"stenosis_depth": (-0.5, 0.5)}, "stenosis_depth"),
    ],
)
def test_ranges_that_cannot_be_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        AnatomyRanges(**changes)
