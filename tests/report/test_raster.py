"""Cuts as pixels: lines lie where fields pass zero, the band where the wall may be."""

import numpy as np
import pytest
from PIL import Image

from lumenfield.report.figures import BAND, INITIAL, TRUTH, WALL
from lumenfield.report.raster import Line, captioned, draw_cut, few_colours, side_by_side

ROWS, COLUMNS = np.indices((20, 30), dtype=np.float64)
GREY = np.full((20, 30), 0.5)
SQUARE, SHADES = (1.0, 1.0), (0.0, 1.0)


def near(picture: Image.Image, colour: str) -> np.ndarray:
    """Where a picture has a colour, nearly."""
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    return np.abs(np.asarray(picture, dtype=int) - wanted).max(axis=2) < 30


def test_a_line_lies_between_the_voxels_where_its_field_is_zero():
    picture = draw_cut(GREY, SQUARE, SHADES, [Line(COLUMNS - 9.5, WALL)], longest=300)
    assert picture.size == (300, 200)
    _, columns = np.nonzero(near(picture, WALL))
    assert columns.mean() == pytest.approx(10 * 10, abs=1.0)


def test_voxels_of_unequal_edges_keep_their_shape():
    picture = draw_cut(GREY, (3.0, 1.0), SHADES, [Line(ROWS - 4.5, TRUTH)], longest=300)
    assert picture.size == (150, 300)
    rows, _ = np.nonzero(near(picture, TRUTH))
    assert rows.mean() == pytest.approx(5 * 15, abs=1.0)


def test_a_dashed_line_is_half_there():
    solid, dashed = (
        near(draw_cut(GREY, SQUARE, SHADES, [Line(ROWS - 9.5, WALL, is_dashed=d)]), WALL).sum()
        for d in (False, True)
    )
    assert 0.3 < dashed / solid < 0.75


def test_a_field_without_a_wall_draws_nothing():
    bare = draw_cut(GREY, SQUARE, SHADES)
    assert draw_cut(GREY, SQUARE, SHADES, [Line(ROWS + 1, WALL)]) == bare


def test_the_band_may_be_thinner_than_a_voxel():
    picture = draw_cut(0 * GREY, SQUARE, SHADES, band=(COLUMNS - 9.5) / 0.1, longest=600)
    tinted = np.asarray(picture)[200, :, 0] > 60
    assert tinted.sum() == pytest.approx(2 * 1.96 * 0.1 * 20, abs=2)


def test_a_palette_keeps_every_line_apart():
    lines = [
        Line(COLUMNS - 5.5, WALL, 6.0),
        Line(COLUMNS - 13.5, TRUTH, 6.0),
        Line(ROWS - 9.5, INITIAL, 6.0),
    ]
    picture = few_colours(draw_cut(GREY, SQUARE, SHADES, lines)).convert("RGB")
    assert all(near(picture, colour).sum() > 500 for colour in (WALL, TRUTH, INITIAL))


def test_a_row_with_a_caption_holds_all_its_pictures():
    picture = draw_cut(GREY, SQUARE, SHADES, longest=90)
    row = captioned(side_by_side([picture] * 3), "words", lines=[("band", BAND, "band")])
    assert row.width == 3 * 90 + 2 * 6
    assert np.array_equal(np.asarray(row)[:60, 96:186], np.asarray(picture))
    below = np.asarray(row)[60:]
    assert below.min() < 60
    assert near(row, BAND)[60:].any()
