import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.report.narrowest import greatest_narrowing, long_branches, smallest_diameter
from lumenfield.report.radii import draw_radii, drawn_branches
from lumenfield.vessels import Branch, End, Interval, Measures


def branch(
    *, length: float = 30.0, radius: float = 2.0, dip: float = 0.0, at: float = 20.0, y: float = 10
) -> Branch:
    """Make a straight branch along the first axis, narrowed at one place, ending in a blind tip."""
    arc = np.linspace(0, length, 61)
    radii = radius - dip * np.exp(-0.5 * ((arc - at) / 1.5) ** 2)
    # A blind end fades out.
    radii[-3:] = (0.6 * radius, 0.4 * radius, 0.2 * radius)
    share = dip / radius
    measures = Measures(
        length,
        1.0,
        Interval(2 * radius, 2 * radius - 0.1, 2 * radius + 0.1),
        Interval(2 * float(radii.min()), 0.0, 1.0),
        Interval(2 * radius, 2 * radius, 2 * radius),
        Interval(share, 0.5 * share, 1.5 * share),
        at,
        Interval(1e7, 9e6, 2e7),
    )
    points = np.stack([arc, np.full(61, y), np.full(61, 5.0)], axis=1)
    curves = (radii, radii - 0.2, radii + 0.2, radii, np.full(61, radius), np.pi * radii**2)
    return Branch(points, arc, *curves, End("opening"), End("tip"), measures)


def lumen(*boxes: tuple[slice, slice, slice]) -> Volume:
    distance = np.ones((40, 20, 10), np.float32)
    for box in boxes:
        distance[box] = -1
    return Volume(distance, np.eye(4))


BIG = (slice(0, 40), slice(7, 14), slice(2, 8))
SMALL = (slice(0, 31), slice(1, 2), slice(5, 6))


def test_a_blind_end_is_not_the_smallest_diameter():
    narrow = smallest_diameter([branch(dip=0.7)], [0])
    assert narrow is not None
    assert narrow.arc_mm == pytest.approx(20.0)
    assert (narrow.figure.value, narrow.figure.low) == pytest.approx((2.6, 2.2))
    np.testing.assert_allclose(narrow.point_mm, [20, 10, 5])


def test_the_greatest_narrowing_is_told_with_its_place():
    narrow = greatest_narrowing([branch(), branch(dip=1.0, at=12.0)], [0, 1])
    assert narrow is not None
    assert (narrow.number, narrow.arc_mm) == (1, 12.0)
    assert narrow.figure.value == pytest.approx(0.5)


def test_stubs_and_specks_are_not_spoken_of_first():
    branches = [branch(), branch(length=12.0), branch(y=1)]
    assert long_branches(branches, lumen(BIG, SMALL)) == (0,)
    assert long_branches(branches[1:2], lumen(BIG)) == (0,)
    assert long_branches([], lumen(BIG)) == ()


def test_each_branch_has_its_curve_under_its_own_number(report_style):
    branches = [branch(), branch(length=5.0), branch(dip=0.8)]
    shown = drawn_branches(branches)
    assert list(shown) == [0, 2]
    figure = draw_radii(shown)
    assert [a.get_title()[:8] for a in figure.axes] == ["branch 0", "branch 2"]
    line = figure.axes[1].lines[2]
    np.testing.assert_allclose(line.get_ydata(), branches[2].radius_mm)
    assert [t.get_text() for t in figure.axes[1].texts] == ["−40 %"]
    assert not figure.axes[0].texts
