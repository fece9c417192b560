"""Grey values as they are written: the peak, the offset, whole numbers of twelve bits."""

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.intensity import Intensity, IntensityRanges, draw_intensity, graded

SIGNAL = torch.linspace(0, 0.7, 50).reshape(1, 1, 5, 10)


def test_the_brightest_voxel_has_the_peak_above_the_offset():
    values = graded(SIGNAL, Intensity(1e5, offset=200.0))
    assert values.max().item() == pytest.approx(1e5 + 200)
    assert values.min().item() == pytest.approx(200)


def test_integers_are_whole_and_end_at_twelve_bits():
    values = graded(SIGNAL, Intensity(6000.0, integers=True))
    assert torch.equal(values, values.round())
    assert values.max() == 4095


def test_kinds_are_drawn_with_their_peaks():
    for kind, low, high in (("integers", 200, 6000), ("unit", 0.5, 1.0), ("floats", 1e2, 1e6)):
        drawn = [draw_intensity(Draw(0, i), IntensityRanges({kind: 1.0})) for i in range(20)]
        assert all(low <= one.peak <= high for one in drawn)
        assert all(one.integers == (kind == "integers") for one in drawn)


def test_an_unknown_kind_is_refused_with_those_known():
    with pytest.raises(InputError, match=r"intensity kinds .*; known are integers, unit, floats"):
        IntensityRanges({"bytes": 1.0})
