import numpy as np
import pytest

from lumenfield.report.charts import coverage, draw_certainty

pytestmark = pytest.mark.usefixtures("report_style")


def titles(figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes]


def test_an_error_of_so_many_spreads_is_covered_from_there_on(make_scene):
    scene = make_scene(error_mm=0.3 * 1.3, spread_mm=0.3)
    assert coverage(scene) == {50: 0.0, 68: 0.0, 90: 100.0, 95: 100.0}


def test_an_honest_spread_covers_what_it_says(make_scene):
    generator = np.random.default_rng(3)
    scene = make_scene((40, 40, 40), radius_mm=15.0, spread_mm=0.2)
    off = generator.normal(size=(10, 10, 10)).repeat(4, 0).repeat(4, 1).repeat(4, 2)
    scene.prediction.distance.values[:] += (0.2 * off).astype(np.float32)
    found = coverage(scene)
    for nominal, seen in found.items():
        assert seen == pytest.approx(nominal, abs=12)


def test_a_missed_vessel_is_not_covered(make_scene):
    scene = make_scene(error_mm=-9.0, spread_mm=100.0)
    assert set(coverage(scene).values()) == {0.0}
    assert "missed 100.0 %" in draw_certainty(scene).axes[0].texts[0].get_text()


def test_charts_are_those_that_can_be_known(make_scene):
    spread = "Spread of the wall"
    known = "Known before and after"
    assert titles(draw_certainty(make_scene(has_truth=False))) == [spread, known]
    assert titles(draw_certainty(make_scene(has_truth=False, has_initial=True))) == [
        spread,
        "Moved by the refinement",
        known,
    ]
    assert titles(draw_certainty(make_scene(has_initial=True))) == [
        spread,
        "Signed error on the wall",
        "Is the spread honest?",
    ]


def test_mean_and_rms_are_written_beside_the_errors(make_scene):
    axes = draw_certainty(make_scene((30, 30, 30), radius_mm=8.0, error_mm=-0.25)).axes[1]
    mean, rms = axes.texts[0].get_text().splitlines()
    assert float(mean.removeprefix("mean ").replace("−", "-")) == pytest.approx(-0.25, abs=0.02)
    assert float(rms.removeprefix("rms ")) == pytest.approx(0.25, abs=0.02)


def test_a_wall_that_grew_is_said_to_have_moved_outwards(make_scene):
    scene = make_scene(has_truth=False, has_initial=True, error_mm=1.0)
    bars = draw_certainty(scene).axes[1].patches[0].get_data()
    middles = (bars.edges[1:] + bars.edges[:-1]) / 2
    assert middles @ bars.values / bars.values.sum() == pytest.approx(0.5, abs=0.05)


def test_the_bars_hold_the_whole_wall(make_scene):
    for axes in draw_certainty(make_scene(error_mm=0.2)).axes[:2]:
        assert axes.patches[0].get_data().values.sum() == pytest.approx(100)


def test_spread_is_shown_in_voxels(make_scene):
    scene = make_scene((20, 20, 20), np.diag([0.5, 0.5, 0.5, 1.0]), radius_mm=3.0, spread_mm=0.1)
    axes = draw_certainty(scene).axes[0]
    bars = axes.patches[0].get_data()
    full = int(np.argmax(bars.values))
    assert bars.edges[full] - 1e-6 < 0.2 < bars.edges[full + 1] + 1e-6
    assert axes.texts[0].get_text() == "median  0.20"
    assert axes.get_xlabel() == "σ (voxels of 0.5 mm)"
