"""A row of scans with the wall found and the true one; separate as training shows many such."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lumenfield.report.cuts import orthogonal, place_with_most
from lumenfield.report.figures import TRUTH, WALL, Entry
from lumenfield.report.raster import Line, captioned, draw_cut, few_colours, side_by_side

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Shown", "draw_strip"]


_LINES: list[Entry] = [("wall found", WALL, "solid"), ("true wall", TRUTH, "--")]


@dataclass(frozen=True, eq=False)
class Shown:
    """One scan, 2-D or 3-D, with what was found in it.

    Args:
        image: any grey. found: negative inside the wall found. truth: negative inside the true one.
    """

    image: NDArray[np.float32]
    found: NDArray[np.float32]
    truth: NDArray[np.float32]


def draw_strip(cases: Sequence[Shown], caption: str, *, edge: int = 230) -> bytes:
    """Draw scans in a row, each where its true lumen is seen best, as PNG."""
    row = side_by_side([_tile(case, edge) for case in cases])
    whole = captioned(row, caption, lines=_LINES)
    file = io.BytesIO()
    few_colours(whole).save(file, "PNG", optimize=True)
    return file.getvalue()


def _tile(case: Shown, edge: int) -> "Image":
    cut = orthogonal(case.image.shape, place_with_most(case.truth < 0))[0]
    image, found, truth = (
        piece if cut.downward else piece[::-1]
        for piece in (cut.of(case.image), cut.of(case.found), cut.of(case.truth))
    )
    low, high = (float(p) for p in np.percentile(image, (0.5, 99.5)))
    lines = (Line(found, WALL), Line(truth, TRUTH, 1.6, is_dashed=True))
    return draw_cut(image, (1.0, 1.0), (low, max(high, low + 1e-6)), lines, longest=edge)
