"""Radius, length, narrowing and resistance of vessels that are known in closed form."""

import math

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.vessels import BLOOD_VISCOSITY

MU = BLOOD_VISCOSITY


@pytest.mark.parametrize(
    ("radius", "spacing", "tilt"),
    [
        (2.0, (1.0, 1.0, 1.0), (0, 0)),
        (4.0, (1.0, 1.0, 1.0), (0.4, -0.2)),
        (4.0, (1.0, 1.0, 2.0), (0.3, 0.1)),
    ],
)
def test_a_straight_tube(trace, tube, radius, spacing, tilt):
    (branch,) = trace(tube(radius, (40, 36, 24), spacing, tilt=tilt)).branches
    np.testing.assert_allclose(branch.radius_mm, radius, atol=0.08)
    assert branch.measures.length_mm == pytest.approx(39 * math.hypot(1, *tilt), rel=0.02)
    assert branch.measures.tortuosity == pytest.approx(1.0, abs=0.002)
    poiseuille = 8 * MU * branch.measures.length_mm * 1e-3 / (math.pi * (radius * 1e-3) ** 4)
    assert branch.measures.resistance.value == pytest.approx(poiseuille, rel=0.05)
    assert branch.measures.stenosis.value < 0.02
    assert (branch.start.kind, branch.end.kind) == ("opening", "opening")


def test_points_are_in_the_world(trace, tube):
    distance = tube(3.0, (24, 20, 18))
    affine = np.array([[0, -1, 0, 5], [1, 0, 0, -7], [0, 0, -1, 3], [0, 0, 0, 1]], float)
    (branch,) = trace(Volume(distance.values, affine)).branches
    middle = affine @ (11.5, 9.8, 8.3, 1)
    across = branch.points_mm[:, [0, 2]] - middle[[0, 2]]
    np.testing.assert_allclose(across, 0, atol=0.05)
    assert np.ptp(branch.points_mm[:, 1]) == pytest.approx(23.0)


def test_a_torus_is_one_closed_branch(trace, about):
    angle = np.linspace(0, 2 * np.pi, 4000)
    ring = 11 * np.stack([np.cos(angle), np.sin(angle), 0.03 * np.ones(4000)], 1)
    (branch,) = trace(about(ring, 4.0, (36, 36, 16))).branches
    np.testing.assert_allclose(branch.radius_mm, 4.0, atol=0.1)
    assert branch.measures.length_mm == pytest.approx(2 * np.pi * 11, rel=0.02)
    assert branch.measures.tortuosity is None
    assert branch.start.kind == "seam"


def test_a_helix(trace, about):
    angle = np.linspace(-9, 9, 6000)
    line = np.stack([4.0 * angle, 9 * np.cos(angle), 9 * np.sin(angle)], 1)
    (branch,) = trace(about(line, 3.0, (48, 28, 28))).branches
    np.testing.assert_allclose(branch.radius_mm, 3.0, atol=0.1)
    assert branch.measures.length_mm == pytest.approx(47 / 4.0 * math.hypot(4, 9), rel=0.02)


def test_a_taper_is_no_stenosis(trace, about, tube):
    x = tube(1.0, (56, 28, 28)).affine[0, 0] * (np.arange(56) - 27.5)
    middle = tube(0.0, (56, 28, 28), tilt=(0, 0))
    law = 6.0 - 0.05 * x
    taper = middle.like((middle.values - law[:, None, None]) / math.hypot(1, 0.05))
    (branch,) = trace(taper).branches
    np.testing.assert_allclose(branch.radius_mm, law, atol=0.1)
    assert branch.measures.stenosis.value < 0.03
    assert branch.measures.min_diameter_mm.value == pytest.approx(2 * law.min(), abs=0.15)


@pytest.mark.parametrize(("depth", "radius"), [(0.3, 5.0), (0.6, 5.0), (0.5, 4.0)])
def test_a_stenosis_has_its_depth(trace, about, tube, depth, radius):
    line = np.stack([np.arange(-60, 60, 0.02), np.full(6000, 0.3), np.full(6000, -0.2)], 1)
    law = radius * (1 - depth * np.exp(-(line[:, 0] ** 2) / 32))
    (branch,) = trace(about(line, law, (56, 20, 20))).branches
    assert branch.measures.stenosis.value == pytest.approx(depth, abs=0.05)
    assert branch.measures.min_diameter_mm.value == pytest.approx(2 * law.min(), abs=0.2)
    assert branch.measures.stenosis_at_mm == pytest.approx(27.5, abs=1.5)
    law = law[np.abs(line[:, 0]) < 27.5] * 1e-3
    resistance = (8 * MU / (math.pi * law**4)).sum() * 0.02e-3
    assert branch.measures.resistance.low < resistance < branch.measures.resistance.high


def bifurcated(about, ndim):
    """A parent of 4 mm and Murray's daughters of 3.4 and 2.92 mm, off by 30 and 40 degrees."""
    shape = (64, 60, 24)[:ndim]
    limbs = []
    for degrees, radius in ((180, 4.0), (30, 3.4), (-40, 2.92)):
        turn = np.radians(degrees)
        ahead = np.array([np.cos(turn), np.sin(turn), 0.0])[:ndim]
        line = np.arange(0, 70, 0.02)[:, None] * ahead - np.array([6.0, 0.3, 0.2])[:ndim]
        limbs.append(about(line, radius, shape))
    return limbs[0].like(np.min([limb.values for limb in limbs], axis=0))


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_bifurcation_has_three_branches_and_counts_none_twice(trace, about, ndim):
    found = trace(bifurcated(about, ndim))
    assert len(found.branches) == 3
    assert found.junctions_mm.shape == (1, 3)
    means = sorted(b.measures.mean_diameter_mm.value / 2 for b in found.branches)
    assert means == pytest.approx([2.92, 3.4, 4.0], abs=0.1)
    assert all({b.start.kind, b.end.kind} == {"junction", "opening"} for b in found.branches)
    middle = found.junctions_mm[0]
    for branch in found.branches:
        assert np.linalg.norm(branch.points_mm - middle, axis=1).min() > 2.5
        assert np.abs(branch.radius_mm - branch.measures.mean_diameter_mm.value / 2).max() < 0.3


def test_blind_ends_are_cut_where_they_round_off(trace, about):
    line = np.arange(-12, 12, 0.02)[:, None] * np.array([0.8, 0.6, 0.0])
    (branch,) = trace(about(line, 3.0, (40, 36, 20))).branches
    assert (branch.start.kind, branch.end.kind) == ("tip", "tip")
    assert branch.measures.length_mm == pytest.approx(24, abs=2)
    np.testing.assert_allclose(branch.radius_mm, 3.0, atol=0.15)


def test_a_bump_is_no_branch(trace, tube, about):
    bump = about(np.array([[2.0, 3.5, 0.0]]), 2.2, (40, 24, 24))
    distance = tube(4.0, (40, 24, 24))
    found = trace(distance.like(np.minimum(distance.values, bump.values)))
    assert len(found.branches) == 1


def test_a_slice_is_a_plane_channel(trace, tube):
    (branch,) = trace(tube(4.0, (48, 32), tilt=(0.25,))).branches
    np.testing.assert_allclose(branch.radius_mm, 4.0, atol=0.05)
    assert branch.area_mm2 is None
    channel = 12 * MU * branch.measures.length_mm * 1e-3 / 8e-3**3
    assert branch.measures.resistance.value == pytest.approx(channel, rel=0.03)


def test_what_has_no_branch_is_told(trace, about):
    ball = about(np.zeros((1, 3)), 6.0, (24, 24, 24))
    assert trace(ball).notes == ("the lumen is nowhere longer than wide",)
    assert trace(ball.like(np.ones(ball.shape))).notes == ("there is no wall",)


def test_resistance_goes_with_viscosity(trace, tube):
    thick, thin = (trace(tube(4.0, (24, 20, 20)), viscosity=mu) for mu in (8e-3, 4e-3))
    ratio = thick.branches[0].measures.resistance.value / thin.branches[0].measures.resistance.value
    assert ratio == pytest.approx(2.0)


def test_what_is_shorter_than_wide_is_no_branch(trace, about):
    arms = []
    for x, turn in ((-2.5, 1), (2.5, -1)):
        line = np.arange(0, 60, 0.02)[:, None] * np.array([0.0, turn, 0.0]) + (x, 0.0, 0.2)
        arms.append(about(line, 2.5, (48, 40, 20)).values)
    along = np.stack([np.arange(-60, 60, 0.02), *np.zeros((2, 6000))], axis=1)
    main = about(along, 3.5, (48, 40, 20))
    found = trace(main.like(np.minimum.reduce([main.values, *arms])))
    assert all(b.measures.length_mm > b.measures.mean_diameter_mm.value for b in found.branches)
    assert len(found.branches) == 4


def test_a_vessel_that_fades_out_is_not_narrow(trace, about):
    along = np.arange(-22, 22, 0.02)
    line = along[:, None] * np.array([1.0, 0.0, 0.0]) + np.array([0.0, 0.3, -0.2])
    # Lost to noise over twelve of its forty-four millimetres.
    radius = np.where(along < 10, 3.0, np.interp(along, [10, 22], [3.0, 0.3]))
    (branch,) = trace(about(line, radius, (60, 20, 20))).branches
    assert branch.measures.min_diameter_mm.value > 2 * 0.65 * 3.0
    assert branch.measures.length_mm > 24


def test_what_the_voxels_do_not_resolve_is_told(trace, about):
    along = np.arange(-40, 40, 0.02)
    line = along[:, None] * np.array([1.0, 0.0, 0.0]) + np.array([0.0, 0.3, -0.2])
    thin = trace(about(line, 2.5 - 1.85 * np.exp(-(along**2) / 8), (40, 20, 20)), 0.6)
    told = "".join(thin.notes)
    assert "below what the voxels resolve" in told
    assert "branch 0: a radius is not told from zero, so its resistance has no upper" in told
    assert trace(about(line, 2.5, (40, 20, 20))).notes == ()
