"""A case's files: what is made of a part of the grid is what the whole gives."""

import numpy as np
import pytest

from lumenfield.datatypes import Volume, scaling
from lumenfield.geometry import Ball, Tube, sample_distance
from lumenfield.jobs.case import _around_lumen, _left_out
from lumenfield.prior import wall_mesh


def test_the_mesh_of_the_part_that_holds_the_lumen_is_that_of_the_whole() -> None:
    spacing = (1.0, 1.0, 1.2)
    solid = Ball(radius_mm=5.0).moved(4.0, 0.0, 0.0) | Tube(radius_mm=2.0)
    whole = Volume(sample_distance(solid, (40, 36, 30), spacing)[0, 0].numpy(), scaling(spacing))
    part = _around_lumen(whole)
    assert part.values.size < 0.5 * whole.values.size
    meshes = [wall_mesh(one).vertices for one in (whole, part)]
    assert np.abs(np.sort(meshes[0], 0) - np.sort(meshes[1], 0)).max() < 1e-4


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ((200,), "holds 80 % of the lumen; 1 part of 200 voxels was left out: export --keep all"),
        ((400, 150), "holds 45 % of the lumen; 2 parts of 400 and 150 voxels were left out"),
        ((9, 8, 7, 6, 5), "holds 96 % of the lumen; 5 parts of 9, 8, 7 and fewer voxels were"),
    ],
)
def test_parts_that_the_prior_leaves_out_are_told(sizes: tuple[int, ...], said: str) -> None:
    distance = Volume(np.where(np.arange(4000) < 1000, -1.0, 1.0).reshape(20, 20, 10), np.eye(4))
    (line,) = _left_out(distance, sizes)
    assert said in line


def test_a_speck_that_the_prior_leaves_out_is_not_told() -> None:
    assert _left_out(Volume(np.full((20, 20, 10), -1.0), np.eye(4)), (40,)) == ()
