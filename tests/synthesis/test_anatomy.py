"""Every kind of anatomy draws in two and three dimensions, within its ranges."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import label

from lumenfield.errors import InputError
from lumenfield.geometry import (
    Ball,
    Bulge,
    Empty,
    Moved,
    Solid,
    Tube,
    Union,
    Vessel,
    grid_points,
    sample_bound,
)
from lumenfield.synthesis.anatomy import (
    ANATOMIES,
    AnatomyRanges,
    draw_anatomy,
    roughest_mm,
)
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.placing import mapped, turned
from lumenfield.synthesis.random_fields import smooth_field


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
    assert (narrow | Ball(2.0).moved(1.0, 1.0)).thinnest_mm == pytest.approx(1.5)
    assert Empty().thinnest_mm == math.inf


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


def box_of(tree: Solid, ndim: int) -> tuple[np.ndarray, np.ndarray]:
    """Corners of a box that holds a drawn tree."""
    if isinstance(tree, Vessel):
        points = np.asarray(tree._line.vertices.T)
        reach = max(tree.radii_mm) * max([1.0, *(1 - b.depth for b in tree.bulges)])
        return points.min(0) - reach, points.max(0) + reach
    if isinstance(tree, Moved):
        low, high = box_of(tree.part, ndim)
        return low + tree.offset_mm, high + tree.offset_mm
    if hasattr(tree, "parts"):
        lows, highs = zip(*(box_of(part, ndim) for part in tree.parts), strict=True)
        return np.min(lows, 0), np.max(highs, 0)
    while hasattr(tree, "part"):
        tree = tree.part
    reach = np.full(ndim, getattr(tree, "ring_mm", 0.0) + tree.radius_mm)
    return -reach, reach


def pieces_of(tree, ndim, seed):
    """Connected parts of a tree on a grid that holds all of it: smooth, and with a rough wall."""
    low, high = box_of(tree, ndim)
    shape = tuple(int(n) for n in np.ceil(high - low) + 3)
    phi = sample_bound(tree.moved(*(-(low + high) / 2).tolist()), shape, (1.0,) * ndim)
    rough = min(roughest_mm(tree, 1.0), 0.12 * tree.thinnest_mm)
    length = 2 * tree.thinnest_mm
    waves = smooth_field(shape, (1.0,) * ndim, length, torch.Generator().manual_seed(seed))
    return [label((field[0, 0] < 0).numpy())[1] for field in (phi, phi + rough * waves)]


@pytest.mark.parametrize("kind", sorted(set(ANATOMIES) - {"empty"}))
@pytest.mark.parametrize("ndim", [2, 3])
def test_every_tree_is_in_one_piece_and_stays_so_with_a_rough_wall(kind, ndim):
    ranges = AnatomyRanges(
        kinds={kind: 1.0}, radius_voxels=(1.2, 3.0), stenosis=0.6, aneurysm=0.3, branches=(1, 3)
    )
    for index in range(10):
        solid = draw_anatomy(Draw(3, index), ranges, (24.0,) * ndim, 1.0)
        for tree in solid.parts if isinstance(solid, Union) else (solid,):
            assert pieces_of(tree, ndim, index) == [1, 1], f"draw {index}"


@pytest.mark.parametrize("kind", sorted(set(ANATOMIES) - {"empty", "ball", "torus"}))
def test_no_throat_and_no_branch_is_thinner_than_the_least(kind):
    ranges = AnatomyRanges(
        kinds={kind: 1.0}, radius_voxels=(1.5, 5.0), stenosis=1.0, stenosis_depth=(0.8, 0.8)
    )
    thin = [draw_anatomy(Draw(4, i), ranges, (60.0,) * 3, 0.8).thinnest_mm for i in range(20)]
    assert min(thin) >= 1.2 * 0.8 - 1e-6
    assert math.isfinite(max(thin))


def test_real_sizes_are_kept_within_those_in_voxels():
    ranges = AnatomyRanges(kinds={"ball": 1.0}, radius_mm=(14.0, 18.0), radius_voxels=(1.2, 8.0))
    balls = [draw_anatomy(Draw(0, i), ranges, (200.0,) * 3, 2.0).part.radius_mm for i in range(9)]
    assert min(balls) >= 14.0
    assert max(balls) == pytest.approx(16.0)


def test_a_coarctation_is_narrower_than_its_arch():
    ranges = AnatomyRanges(kinds={"coarctation": 1.0}, radius_voxels=(8.0, 8.0), aneurysm=0.0)
    aorta = draw_anatomy(Draw(0, 1), ranges, (96.0,) * 3, 1.0)
    assert 0.2 <= aorta.parts[0].bulges[0].depth <= 0.8


def test_all_directions_are_orthonormal():
    for ndim in (2, 3):
        basis = turned(Draw(0, ndim), ndim)
        np.testing.assert_allclose(basis @ basis.T, np.eye(ndim), atol=1e-6)


def test_a_map_moves_joints_together():
    vessel = Vessel(((0.0, 0.0), (9.0, 0.0)), (2.0, 2.0))
    both = mapped(vessel.blended(Ball(3.0).moved(9.0, 0.0), 1.0), lambda x: 2 * x + 1)
    assert both.parts[0].points_mm[1] == both.parts[1].offset_mm == (19.0, 1.0)
    assert both.parts[1].part.radius_mm == 3.0


def test_an_anatomy_of_ones_own_is_named_by_its_place(tmp_path, monkeypatch):
    (tmp_path / "own_anatomies.py").write_text(
        "from lumenfield.geometry import Tube\n"
        "def strand(draw, ranges, extent, voxel):\n    return Tube(2.0 * voxel)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    ranges = AnatomyRanges(kinds={"own_anatomies:strand": 1.0})
    assert draw_anatomy(Draw(0), ranges, (30.0, 30.0), 1.5) == Tube(3.0)


def test_an_anatomy_that_cannot_be_imported_is_refused():
    ranges = AnatomyRanges(kinds={"no_such_package:strand": 1.0})
    with pytest.raises(InputError, match="anatomy no_such_package:strand: No module named"):
        draw_anatomy(Draw(0), ranges, (30.0, 30.0), 1.0)
