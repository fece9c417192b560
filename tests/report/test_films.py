"""Films: every frame of one size, the wall in all of them, whole files or none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from lumenfield.errors import InputError
from lumenfield.report.cuts import sweep
from lumenfield.report.figures import BAND, INITIAL, WALL
from lumenfield.report.films import film_of_slices, film_of_steps, write_film


def has(picture: Image.Image, colour: str) -> bool:
    """Tell whether a colour is in a picture's part above its caption."""
    wanted = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])
    above = np.asarray(picture.convert("RGB"), dtype=int)[:-22]
    return bool((np.abs(above - wanted).max(axis=2) < 30).sum() > 20)


def test_a_sweep_goes_from_end_to_end_through_one_window():
    lumen = np.zeros((20, 30, 12), bool)
    lumen[8:12, 5:25, 4:8] = True
    cuts = sweep(lumen, (1.0, 1.0, 2.0), n_cuts=40)
    assert [cut.place[1] for cut in cuts] == list(range(5, 25))
    assert len({(cut.place[0].start, cut.place[0].stop, cut.place[2].start) for cut in cuts}) == 1
    assert cuts[0].place[0].start <= 4
    assert cuts[0].place[0].stop >= 16


def test_slices_show_the_wall_and_its_band(make_scene):
    frames = list(film_of_slices(make_scene(spread_mm=0.6)))
    assert len(frames) == 10
    assert len({frame.size for frame in frames}) == 1
    assert all(has(frame, WALL) for frame in frames[1:-1])
    assert not has(frames[5], BAND)
    assert has(list(film_of_slices(make_scene(contrast=0.0, spread_mm=0.6)))[5], WALL)


@pytest.mark.parametrize("changes", [{"shape": (20, 20)}, {"error_mm": -9.0}])
def test_an_image_or_an_empty_scan_has_no_slices(make_scene, changes):
    assert list(film_of_slices(make_scene(**changes))) == []


def test_steps_keep_where_the_wall_began(make_scene):
    scene = make_scene((24, 22), has_truth=False)
    level = scene.prediction.distance.values
    first, last = film_of_steps(scene, [("start", level + 3), ("end", level)])
    assert has(last, INITIAL)
    assert has(last, WALL)
    assert np.asarray(first).shape == np.asarray(last).shape
    assert (np.asarray(first) != np.asarray(last)).any()


def test_a_film_is_read_back_frame_by_frame(make_scene, tmp_path: Path) -> None:
    scene = make_scene((24, 22))
    level = scene.prediction.distance.values
    frames = list(film_of_steps(scene, [("a", level + 2), ("b", level + 1), ("c", level)]))
    write_film(frames, tmp_path / "steps.gif", frame_ms=100)
    with Image.open(tmp_path / "steps.gif") as film:
        shown = [(f.info["duration"], f.size) for f in ImageSequence.Iterator(film)]
        assert film.info["loop"] == 0
    assert shown == [(100, frames[0].size)] * 2 + [(800, frames[0].size)]


def test_a_film_is_not_written_over_a_folder(make_scene, tmp_path: Path) -> None:
    frame = next(film_of_slices(make_scene()))
    with pytest.raises(InputError, match="is a folder; a file is to be written"):
        write_film([frame], tmp_path, frame_ms=100)
    assert list(tmp_path.iterdir()) == []
