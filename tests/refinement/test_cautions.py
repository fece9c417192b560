"""Each limit has its line."""

import dataclasses

import pytest

from lumenfield.refinement.cautions import cautions
from lumenfield.refinement.layers import Layers
from lumenfield.refinement.summary import Summary

GOOD = Summary(
    voxels=1000,
    seen=True,
    converged=True,
    chi2=1.0,
    signal_to_noise=20.0,
    contrast_to_noise=10.0,
    point_spread=0.55,
    blur=0.0,
    gain=1.0,
    texture=0.0,
    radius=5.0,
    thin=0.0,
    far=0.0,
    layers=Layers(),
)


def test_nothing_is_said_of_a_good_box():
    assert cautions([GOOD], 3) == ()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"seen": False}, "shows no wall"),
        ({"converged": False}, "still moving"),
        ({"chi2": 1.6}, "fits badly"),
        ({"chi2": 0.5}, "fits badly"),
        ({"texture": 0.5}, "texture"),
        ({"gain": 0.02}, "strong interpolation"),
        ({"thin": 0.2}, "under 2.5 voxels"),
        ({"far": 0.001}, "three times the error"),
        ({"blur": 0.4}, "wider than the scan's noise explains"),
        ({"layers": Layers(doubt=0.3)}, "with another wall"),
        ({"layers": Layers(rival=True)}, "with another wall"),
    ],
)
def test_each_doubt_has_its_line_once(change, line):
    box = dataclasses.replace(GOOD, **change)
    said = cautions([box, GOOD, box], 3)
    assert len(said) == 1
    assert line in said[0]


def test_a_low_misfit_is_no_fault_where_a_ring_may_vary_or_noise_hardly_counts():
    for change in ({"layers": Layers(ring=1.0)}, {"contrast_to_noise": 80.0}):
        assert cautions([dataclasses.replace(GOOD, chi2=0.5, **change)], 3) == ()
