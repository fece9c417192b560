"""A cut of a scan as pixels with lines on it; separate because films and strips are no charts.

Colours and dashes are those of the page's other pictures. Voxels stay voxels: they are enlarged,
not smoothed; the lines lie between them, where a field passes zero.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.report.figures import BAND, INITIAL, TRUTH, WALL, Entry

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Line", "captioned", "draw_cut", "few_colours", "side_by_side"]


_FINE = 2
"""Lines are drawn so many times larger, then reduced, so that they have no steps."""

_CAPTION = 22
_INK = "#1b1f24"


@dataclass(frozen=True, eq=False)
class Line:
    """The zero of a field of rows × columns, to be traced.

    Args:
        width: pixels. is_dashed: with gaps as long as its dashes.
    """

    level: NDArray[Any]
    colour: str
    width: float = 2.0
    is_dashed: bool = False


def draw_cut(
    values: NDArray[Any],
    edges_mm: tuple[float, float],
    window: tuple[float, float],
    lines: Sequence[Line] = (),
    *,
    band: NDArray[Any] | None = None,
    longest: int = 320,
) -> "Image":
    """Draw rows × columns of values as grey, the band over them, and the lines on top.

    Args:
        edges_mm: a voxel's height and width.
        window: values shown as black and as white.
        band: φ/σ; where it lies within ±1.96 the wall is, 95 times in 100.
        longest: pixels along the longer side.
    """
    from PIL import Image

    sides = np.multiply(values.shape, edges_mm)
    scale = longest / sides.max() * np.asarray(edges_mm)
    height, width = (round(float(n * s)) for n, s in zip(values.shape, scale, strict=True))
    low, high = window
    share = np.clip((np.nan_to_num(values).astype(np.float64) - low) / (high - low), 0, 1)
    grey = Image.fromarray((255 * share).astype(np.uint8)).resize(
        (width, height), Image.Resampling.NEAREST
    )
    picture = grey.convert("RGB")
    if band is not None:
        picture = _with_band(picture, band)
    picture = picture.resize((_FINE * width, _FINE * height), Image.Resampling.NEAREST)
    for line in lines:
        _trace(picture, line, _FINE * scale)
    return picture.resize((width, height), Image.Resampling.BOX)


def captioned(picture: "Image", text: str, *, lines: Sequence[Entry] = ()) -> "Image":
    """Set a line of text below a picture, and after it what each line and the band mean."""
    from PIL import Image, ImageDraw, ImageFont

    whole = Image.new("RGB", (picture.width, picture.height + _CAPTION), "white")
    whole.paste(picture, (0, 0))
    draw, font = ImageDraw.Draw(whole), ImageFont.load_default(12)
    middle = picture.height + _CAPTION // 2
    draw.text((6, middle), text, fill=_INK, font=font, anchor="lm")
    right = picture.width - 6
    for name, colour, dash in reversed(lines):
        left = right - int(draw.textlength(name, font))
        draw.text((left, middle), name, fill=_INK, font=font, anchor="lm")
        wide, gap = (9 if dash == "band" else 3), (0 if dash in ("solid", "band") else 4)
        for start in range(left - 24, left - 6, 6 + gap):
            draw.line((start, middle, min(start + 6, left - 6), middle), fill=colour, width=wide)
        right = left - 36
    return whole


def side_by_side(pictures: Sequence["Image"], gap: int = 6) -> "Image":
    """Set pictures in a row, their upper edges level."""
    from PIL import Image

    width = sum(p.width for p in pictures) + gap * (len(pictures) - 1)
    row, left = Image.new("RGB", (width, max(p.height for p in pictures)), "white"), 0
    for picture in pictures:
        row.paste(picture, (left, 0))
        left += picture.width + gap
    return row


def few_colours(picture: "Image") -> "Image":
    """Keep some hundred colours, the same for every picture: greys, tinted greys, and lines."""
    from PIL import Image

    palette = Image.new("P", (1, 1))
    palette.putpalette([int(level) for level in np.concatenate(_palette()).ravel()])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _palette() -> list[NDArray[np.uint8]]:
    grey = np.linspace(0, 255, 48)[:, None] * np.ones(3)
    tinted = 0.5 * (grey[::2] + _rgb(BAND))
    shares = np.linspace(0, 1, 5)[:-1, None]
    lines = [c + shares * (255 - c) for c in map(_rgb, (WALL, TRUTH, INITIAL, _INK))]
    dark = [(1 - shares) * _rgb(c) + shares * 128 for c in (WALL, TRUTH)]
    band = _rgb(BAND)[None]
    return [np.rint(part).astype(np.uint8) for part in (grey, tinted, band, *lines, *dark)]


def _rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.float64)


def _with_band(picture: "Image", ratio: NDArray[Any]) -> "Image":
    """Tint where |φ/σ| ≤ 1.96, found between voxels so that it may be thinner than one."""
    from PIL import Image

    fine = Image.fromarray(np.clip(ratio, -99, 99).astype(np.float32)).resize(
        picture.size, Image.Resampling.BILINEAR
    )
    within = 0.5 * (np.abs(np.asarray(fine)) <= 1.96)
    mask = Image.fromarray((255 * within).astype(np.uint8))
    return Image.composite(Image.new("RGB", picture.size, BAND), picture, mask)


def _trace(picture: "Image", line: Line, scale: NDArray[np.float64]) -> None:
    """Draw a line with a white rim, at `scale` pixels a voxel."""
    from PIL import ImageDraw
    from skimage.measure import find_contours

    if not line.level.min() < 0 < line.level.max():
        return
    draw, width = ImageDraw.Draw(picture), _FINE * line.width
    for curve in find_contours(line.level.astype(np.float64), 0.0):
        place = ((curve + 0.5) * scale)[:, ::-1]
        pieces = list(_dashes(place, 5 * width)) if line.is_dashed else [place]
        for colour, wide in (("white", width + 2 * _FINE), (line.colour, width)):
            for piece in pieces:
                points = [(float(x), float(y)) for x, y in piece]
                draw.line(points, fill=colour, width=round(wide), joint="curve")


def _dashes(place: NDArray[np.float64], length: float) -> Iterator[NDArray[np.float64]]:
    """Cut a curve into dashes, with gaps as long."""
    steps = np.linalg.norm(np.diff(place, axis=0), axis=1)
    arc = np.concatenate([[0.0], np.cumsum(steps)])
    for start in np.arange(0, arc[-1], 2 * length):
        at = np.linspace(start, min(start + length, arc[-1]), 5)
        yield np.stack([np.interp(at, arc, place[:, axis]) for axis in (0, 1)], axis=1)
