"""A scan's slices, and a wall that converges, as GIFs; separate because they move."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.io.atomic import whole_file
from lumenfield.report.cuts import Cut, orthogonal, place_with_most, sweep
from lumenfield.report.figures import BAND, INITIAL, TRUTH, WALL, Entry
from lumenfield.report.raster import Line, captioned, draw_cut, few_colours
from lumenfield.report.scene import Scene

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["film_of_slices", "film_of_steps", "write_film"]

_TINY_MM = 1e-6
_EDGE = 320
_MOST_CUTS = 40
_HELD = 8
"""Times as long the last frame stays."""


def film_of_slices(scene: Scene) -> "Iterator[Image]":
    """Go through a 3-D scan along its vessel: wall, 95 % band, and the true wall where known.

    Nothing for an image, or where nothing was found.
    """
    if scene.is_flat or not scene.lumen.any():
        return
    names: list[Entry] = [("wall", WALL, "solid"), ("95 % band", BAND, "band")]
    names += [("true wall", TRUTH, "--")] if scene.truth is not None else []
    ratio = scene.prediction.distance.values / np.maximum(scene.prediction.spread.values, _TINY_MM)
    for cut in sweep(scene.lumen, scene.spacing, n_cuts=_MOST_CUTS):
        lines = [Line(_upright(cut, scene.prediction.distance.values), WALL)]
        picture = _picture(scene, cut, lines, band=_upright(cut, ratio))
        yield captioned(picture, cut.title, lines=names)


def film_of_steps(
    scene: Scene, walls: Iterable[tuple[str, NDArray[np.float32]]]
) -> "Iterator[Image]":
    """Show one cut of a scan with a wall that moves; where it began stays in sight.

    Args:
        walls: what to say of each step, and its level on the scene's grid; the first began.
    """
    cut = orthogonal(scene.scan.shape, place_with_most(scene.shown_lumen))[0]
    names: list[Entry] = [("start", INITIAL, "--"), ("now", WALL, "solid")]
    names += [("truth", TRUTH, "--")] if scene.truth is not None else []
    began: list[Line] = []
    for told, level in walls:
        now = _upright(cut, level)
        began = began or [Line(now, INITIAL, 1.6, is_dashed=True)]
        picture = _picture(scene, cut, [*began, Line(now, WALL)])
        yield captioned(picture, told, lines=names)


def write_film(frames: "Sequence[Image]", path: Path, *, frame_ms: int) -> None:
    """Write frames as a GIF that repeats, whole or not at all; the last one is held.

    Raises:
        InputError: the folder cannot be made, is closed or full, or `path` is a folder.
    """
    first, *others = [few_colours(frame) for frame in frames]
    times = [frame_ms] * len(others) + [_HELD * frame_ms]
    with whole_file(path) as part:
        first.save(
            part, "GIF", save_all=True, append_images=others, duration=times, loop=0, optimize=True
        )


def _picture(
    scene: Scene, cut: Cut, lines: Sequence[Line], *, band: NDArray[Any] | None = None
) -> "Image":
    if scene.truth is not None:
        true = Line(_upright(cut, scene.truth.values), TRUTH, 1.6, is_dashed=True)
        lines = [*lines, true]
    edges = scene.spacing[cut.vertical], scene.spacing[cut.horizontal]
    values = _upright(cut, scene.scan.values)
    return draw_cut(values, edges, scene.window, lines, band=band, longest=_EDGE)


def _upright(cut: Cut, values: NDArray[Any]) -> NDArray[Any]:
    """Take a cut with its rows downwards, as pixels go."""
    piece = cut.of(values)
    return piece if cut.downward else piece[::-1]
