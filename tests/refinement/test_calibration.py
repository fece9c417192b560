"""The table that corrects the spread."""

import numpy as np
import pytest

from lumenfield.refinement.calibration import calibration, spread_factor


def test_the_table_is_whole_and_says_where_it_is_from():
    table = calibration()
    assert table.values.shape == (len(table.radii), len(table.contrasts))
    assert ((table.values >= 0.7) & (table.values <= 1.6)).all()
    assert (np.diff(table.radii) > 0).all()
    assert (np.diff(table.contrasts) > 0).all()
    assert "refinement_calibration.py" in table.source


def test_factors_are_met_at_the_table_s_own_places_and_held_beyond():
    table = calibration()
    for i, radius in enumerate(table.radii):
        for j, contrast in enumerate(table.contrasts):
            assert spread_factor(radius, contrast) == pytest.approx(table.values[i, j])
    assert spread_factor(100.0, 1e6) == pytest.approx(table.values[-1, -1])
    assert spread_factor(0.0, 0.0) == pytest.approx(table.values[0, 0])
