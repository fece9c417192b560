"""A case's files: what is made of a part of the grid is what the whole gives."""

import numpy as np

from lumenfield.datatypes import Volume, scaling
from lumenfield.geometry import Ball, Tube, sample_distance
from lumenfield.jobs.case import _around_lumen
from lumenfield.prior import wall_mesh


def test_the_mesh_of_the_part_that_holds_the_lumen_is_that_of_the_whole() -> None:
    spacing = (1.0, 1.0, 1.2)
    solid = Ball(radius_mm=5.0).moved(4.0, 0.0, 0.0) | Tube(radius_mm=2.0)
    whole = Volume(sample_distance(solid, (40, 36, 30), spacing)[0, 0].numpy(), scaling(spacing))
    part = _around_lumen(whole)
    assert part.values.size < 0.5 * whole.values.size
    meshes = [wall_mesh(one).vertices for one in (whole, part)]
    assert np.abs(np.sort(meshes[0], 0) - np.sort(meshes[1], 0)).max() < 1e-4
