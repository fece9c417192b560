from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import has_geometry, read, write


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float32"])
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 5)])
def test_pages_are_the_third_axis_of_what_is_read_and_written(
    dtype: str, shape: tuple[int, ...], tmp_path: Path
) -> None:
    values = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    write(Volume(values, np.eye(4)), tmp_path / "a.tif")
    back = read(tmp_path / "a.tif").values
    assert back.dtype == values.dtype
    np.testing.assert_array_equal(back, values)
    assert not has_geometry(tmp_path / "a.tif")
    with Image.open(tmp_path / "a.tif") as image:
        assert image.size == (4, 3)


@pytest.mark.parametrize("packed", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_packed_pages_are_read(packed: str, tmp_path: Path) -> None:
    values = np.arange(60, dtype=np.uint16).reshape(5, 3, 4)
    pages = [Image.fromarray(page) for page in values]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:], compression=packed)
    np.testing.assert_array_equal(read(tmp_path / "a.tif").values, np.moveaxis(values, 0, 2))


def test_colours_and_mixed_pages_are_refused(tmp_path: Path) -> None:
    Image.new("RGB", (3, 4)).save(tmp_path / "a.tif")
    with pytest.raises(InputError, match=r"is in colour \(RGB\); one number a pixel is needed"):
        read(tmp_path / "a.tif")
    pages = [Image.new("L", (3, 4)), Image.new("L", (3, 5))]
    pages[0].save(tmp_path / "b.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(InputError, match="has pages of 4×3 L, 5×3 L; pages of one kind: split"):
        read(tmp_path / "b.tif")


def test_a_type_that_readers_do_not_share_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"values of type float64 .* it can hold uint8, uint16"):
        write(Volume(np.ones((2, 3)), np.eye(4)), tmp_path / "a.tif")
