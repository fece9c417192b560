from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import case_stem, holds_one_scan, read, write

VALUES = np.arange(3 * 4 * 12, dtype=np.uint8).reshape(3, 4, 12)


def _stack(folder: Path, suffix: str = ".png", n_slices: int = 12) -> Path:
    folder.mkdir()
    for k in range(n_slices):
        write(Volume(VALUES[:, :, k], np.eye(4)), folder / f"slice{k}{suffix}")
    return folder


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_images_are_stacked_in_the_order_of_their_numbers(suffix: str, tmp_path: Path) -> None:
    folder = _stack(tmp_path / "a.1", suffix)
    np.testing.assert_array_equal(read(folder).values, VALUES)
    assert read(folder, spacing=(1.0, 2.0, 3.0)).spacing == (1, 2, 3)
    assert holds_one_scan(folder)
    assert case_stem(folder) == "a.1"


def test_images_that_differ_are_refused(tmp_path: Path) -> None:
    folder = _stack(tmp_path / "a")
    write(Volume(VALUES[:2, :, 0], np.eye(4)), folder / "slice7.png")
    with pytest.raises(InputError, match=r"is 3×4 uint8, slice7\.png is 2×4 uint8; a stack has"):
        read(folder)


def test_a_folder_of_scans_is_no_scan(tmp_path: Path) -> None:
    for name in ("x", "y"):
        write(Volume(VALUES, np.eye(4)), tmp_path / f"{name}.nii.gz")
    assert not holds_one_scan(tmp_path)
    with pytest.raises(
        InputError, match=r"is a folder with 2 files \(x\.nii\.gz, y.*name a file in it; files of"
    ):
        read(tmp_path)
