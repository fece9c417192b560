"""Options of the command line become boxes of the page, each of which is there."""

import re
from importlib import resources

import pytest

from lumenfield.viewer.boxes import on_the_page


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("choose it with --array NAME", "send it again with its name under “Series or array”"),
        ("choose another with --time", "choose another with “Frame”"),
        ("leave out --series", "empty “Series or array”"),
        (
            "allow more with --max-memory, close other programs, or crop the scan",
            "close other programs, or crop the scan",
        ),
        ("crop it, or start the server with a larger --max-upload", None),
        ("mend it", None),
    ],
)
def test_options_become_boxes(said: str, shown: str | None):
    assert on_the_page(said) == (shown or said)


def test_every_box_is_on_the_page():
    page = resources.files("lumenfield.viewer").joinpath("static/serve.html").read_text("utf-8")
    options = ("--series", "--array", "--spacing", "--time", "--model")
    boxes = re.findall("“(.*?)”", "".join(map(on_the_page, options)))
    assert len(boxes) == len(options)
    assert all(f"<label>{box}" in page for box in boxes)
