"""Case folders: which are taken, and which of their files are handed out."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.viewer.case import open_case, open_cases


def test_a_folder_of_cases_opens_each(tmp_path: Path, make_ball: Callable[..., Path]):
    for name in ("b", "a"):
        make_ball(tmp_path / name)
    assert list(open_cases(tmp_path)) == ["a", "b"]
    assert list(open_cases(tmp_path / "b")) == ["b"]


def test_no_case_is_one_line(tmp_path: Path):
    with pytest.raises(InputError, match=r"holds no run\.json; .* run segment first"):
        open_cases(tmp_path)
    with pytest.raises(InputError, match="is not there"):
        open_cases(tmp_path / "none")


def test_an_unfinished_case_names_what_it_lacks(ball: Path, tmp_path: Path):
    half = shutil.copytree(ball, tmp_path / "half")
    (half / "spread.nii.gz").unlink()
    with pytest.raises(InputError, match=r"lacks spread\.nii\.gz"):
        open_case(half)


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"'])
def test_a_damaged_record_is_refused(ball: Path, tmp_path: Path, text: str):
    copy = shutil.copytree(ball, tmp_path / "copy")
    (copy / "run.json").write_text(text)
    with pytest.raises(InputError, match="is not a record"):
        open_case(copy)


def test_only_plain_files_of_the_folder_are_handed_out(ball: Path, tmp_path: Path):
    folder = shutil.copytree(ball, tmp_path / "case")
    (tmp_path / "secret").write_text("x")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "within").mkdir()
    case = open_case(folder)
    assert case.file("mask.nii.gz") == folder / "mask.nii.gz"
    for name in ("../secret", "link", "within", "", ".", "..", str(tmp_path / "secret")):
        assert case.file(name) is None


def test_the_wall_carries_the_spread(ball: Path):
    wall = open_case(ball).wall
    assert wall is not None
    n_faces, n_vertices = (int(n) for n in np.frombuffer(wall, "<u4", 2, 4))
    vertices = np.frombuffer(wall, "<f4", 3 * n_vertices, 16 + 12 * n_faces).reshape(-1, 3)
    sigma = np.frombuffer(wall, "<f4")[-n_vertices:]
    np.testing.assert_allclose(sigma, 0.2 + 0.01 * (vertices[:, 0] - 9.5), atol=1e-5)


def test_a_warm_case_answers_without_its_files(ball: Path, tmp_path: Path):
    copy = Path(shutil.copytree(ball, tmp_path / "copy"))
    case = open_case(copy)
    case.warm()
    for path in copy.iterdir():
        path.unlink()
    assert case.has_wall
    assert case.spread.shape == case.distance.shape
    assert case.wall is not None
