from pathlib import Path

import numpy as np
import pytest
from nibabel.orientations import aff2axcodes

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import FileInfo, describe, value_range, write


def test_a_file_is_described(tmp_path: Path) -> None:
    affine = np.array([[0, 0, -3, 1], [0.5, 0, 0, 2], [0, -2, 0, 3], [0, 0, 0, 1.0]])
    write(Volume(np.arange(24, dtype=np.int16).reshape(2, 3, 4), affine), tmp_path / "a.nrrd")
    assert describe(tmp_path / "a.nrrd") == FileInfo(
        format="NRRD",
        shape=(2, 3, 4),
        spacing_mm=(0.5, 2.0, 3.0),
        dtype="int16",
        orientation="AIL",
        affine=tuple(map(tuple, affine.tolist())),
        has_geometry=True,
    )


def test_axes_are_named_as_elsewhere(all_affines: list[np.ndarray], tmp_path: Path) -> None:
    for affine in all_affines:
        write(Volume(np.ones((2, 2, 2), np.int16), affine), tmp_path / "a.nrrd")
        assert describe(tmp_path / "a.nrrd").orientation == "".join(aff2axcodes(affine))


def test_an_image_has_two_letters_and_no_geometry_in_png(tmp_path: Path) -> None:
    write(Volume(np.array([[3, 200]], np.uint8), np.eye(4)), tmp_path / "a.png")
    info = describe(tmp_path / "a.png")
    assert (info.format, info.orientation, info.has_geometry) == ("PNG", "", False)
    assert value_range(tmp_path / "a.png") == (3, 200)


@pytest.mark.parametrize(
    ("values", "least"), [([[np.nan, -1.0, np.inf]], -1.0), ([[np.nan, np.nan]], np.nan)]
)
def test_the_range_is_that_of_the_finite_values(
    values: list[list[float]], least: float, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", values)
    np.testing.assert_array_equal(value_range(tmp_path / "a.npy"), [least, least])


def test_what_cannot_be_read_cannot_be_described(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        describe(tmp_path / "a.nii.gz")
