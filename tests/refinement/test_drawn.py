"""The doubt that drawn scans ask for beyond the linear posterior."""

import numpy as np
import pytest
import torch

from lumenfield.refinement import RefineOptions, refined
from lumenfield.refinement.drawn import doubt_table, drawn_doubt, radius_near


def test_the_table_is_whole_and_says_where_it_is_from():
    table = doubt_table()
    assert table.values.shape == (len(table.radii), len(table.contrasts))
    assert (np.diff(table.radii) > 0).all()
    assert (np.diff(table.contrasts) > 0).all()
    assert ((table.values >= 0) & (table.values < 1)).all()
    assert "segment_calibration.py" in table.source


@pytest.mark.parametrize("shape", [(30, 30), (30, 30, 12)])
def test_a_radius_is_that_of_the_lumen_nearby(shape):
    places = torch.meshgrid(*[torch.arange(n, dtype=torch.float32) for n in shape], indexing="ij")
    distance = (torch.hypot(places[0] - 14, places[1] - 15) - 3.0)[None, None]
    near = radius_near(0.5 * distance, (0.5,) * len(shape))[0, 0]
    assert near[14, 12].flatten()[0].item() == pytest.approx(3.0)
    assert near[14, 24].flatten()[0].item() == 0.0


def test_doubt_is_the_table_s_in_the_longest_edge():
    table = doubt_table()
    slab = torch.arange(-20.0, 20.0).expand(8, 8, 40)[None, None]
    for column, contrast in enumerate(table.contrasts):
        doubt = drawn_doubt(slab, (1.0, 0.5, 2.0), contrast)
        wanted = 2.0 * float(np.interp(3.5, table.radii, table.values[:, column]))
        assert doubt[0, 0, 4, 4, 19].item() == pytest.approx(wanted, rel=1e-5)
    assert drawn_doubt(slab, (1.0, 1.0, 1.0), 0.0).max().item() <= table.values.max() + 1e-6


def test_a_network_s_start_widens_the_spread_and_moves_nothing(phantom, on_wall):
    tube = phantom("tube", 2.0, (20, 20, 20))
    plain, doubted = (
        refined(*tube.volumes(15.0), tube.field, from_network=known) for known in (False, True)
    )
    np.testing.assert_array_equal(plain.distance.values, doubted.distance.values)
    before, after = (on_wall(r.distance.values, r.spread.values) for r in (plain, doubted))
    wider = np.sqrt(np.median(after) ** 2 - np.median(before) ** 2)
    assert wider == pytest.approx(doubt_table().values[0, -1], rel=0.2)


def test_the_doubt_is_left_out_with_the_rest_of_the_calibration(phantom):
    tube = phantom("tube", 2.0, (20, 20, 20))
    options = RefineOptions(calibrate=False)
    plain, doubted = (
        refined(*tube.volumes(15.0), tube.field, options, from_network=known)
        for known in (False, True)
    )
    np.testing.assert_array_equal(plain.spread.values, doubted.spread.values)


def test_samples_scatter_as_widely_as_the_spread_says(phantom):
    tube = phantom("tube", 2.5, (20, 20, 20))
    options = RefineOptions(samples=64, keep_samples=True)
    found = refined(*tube.volumes(15.0), tube.field, options, from_network=True)
    assert found.samples is not None
    wall = np.abs(found.distance.values) < 0.7
    scatter = found.samples.std(0)[wall] / found.spread.values[wall]
    assert np.median(scatter) == pytest.approx(1.0, abs=0.15)
