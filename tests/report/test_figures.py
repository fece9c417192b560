import re
import subprocess
import sys

import matplotlib
import numpy as np

from lumenfield.report.figures import INK, add_panel, blank, colour_map, style, to_svg


def test_letters_take_the_colour_of_the_page():
    with style():
        figure = blank(3.0, 2.0)
        add_panel(figure, 0.5, 0.5, 2.0, 1.0).set_title("here")
        svg = to_svg(figure)
    assert svg.startswith("<svg")
    assert "currentColor" in svg
    assert INK not in svg
    assert "prefers-color-scheme:dark" in svg
    assert not re.search(r"#000000", svg)


def test_the_reader_s_own_settings_are_neither_used_nor_lost():
    with matplotlib.rc_context({"font.size": 40, "image.origin": "lower", "lines.linewidth": 9}):
        with style():
            assert matplotlib.rcParams["font.size"] == 9
            assert matplotlib.rcParams["lines.linewidth"] != 9
        assert matplotlib.rcParams["font.size"] == 40


def test_a_panel_is_where_it_was_put():
    figure = blank(4.0, 2.0)
    box = add_panel(figure, 1.0, 0.5, 2.0, 0.5).get_position()
    np.testing.assert_allclose([box.x0, box.x1, box.y0, box.y1], [0.25, 0.75, 0.5, 0.75])


def test_the_scale_grows_lighter_steadily():
    grey = colour_map(np.linspace(0, 1, 50), (0.0, 1.0)) @ [0.299, 0.587, 0.114]
    assert (np.diff(grey) > 0).all()


def test_plotting_is_imported_only_when_a_picture_is_drawn():
    look = "import sys, lumenfield.report; print({'matplotlib', 'skimage'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
