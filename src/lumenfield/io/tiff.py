"""TIFF, grey images of one page or many; rows are the first axis and pages the third."""

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import Block, damaged, refuse_overrun
from lumenfield.io.foreign import guarded
from lumenfield.io.placement import Placement
from lumenfield.io.stored import Format, Stored, cast_to, grid_shape

if TYPE_CHECKING:
    from PIL.TiffImagePlugin import TiffImageFile

__all__ = ["FORMAT"]

_GREY = {
    "1": "uint8",
    "L": "uint8",
    "I;16": "uint16",
    "I;16B": "uint16",
    "I": "int32",
    "F": "float32",
}
_MOST_PIXELS = 2**26
_LZW = 3  # how much tighter than deflate it may pack


def peek(path: Path) -> Stored:
    """Read sizes and type of all pages.

    Raises:
        InputError: colours, pages that differ, or more than 64 million pixels a page.
    """
    with guarded(path), _opened(path) as image:
        kinds = {(one.size, one.mode) for one in _pages(image)}
        n_pages = getattr(image, "n_frames", 1)
    if len(kinds) != 1:
        told = ", ".join(f"{size[1]}×{size[0]} {mode}" for size, mode in sorted(kinds))
        raise InputError(f"{path} has pages of {told}", "pages of one kind", "split the file")
    (width, height), mode = kinds.pop()
    if mode not in _GREY:
        raise InputError(
            f"{path} is in colour ({mode})", "one number a pixel is needed", "save it in grey"
        )
    if width * height > _MOST_PIXELS:
        raise InputError(
            f"{path} says it is {height}×{width}", f"at most {_MOST_PIXELS} pixels", "crop it"
        )
    shape, dtype = grid_shape(path, (height, width, n_pages)), np.dtype(_GREY[mode])
    refuse_overrun(Block(path, shape, dtype, "zlib"), _LZW * path.stat().st_size)
    return Stored(path, shape, dtype, Placement.unknown(), partial(_load, path, shape, dtype))


def write(volume: Volume, path: Path) -> None:
    """Write one page a slice of the third axis, plain; the geometry is left out.

    Raises:
        InputError: values of a type that TIFF readers do not share.
    """
    from PIL import Image

    values = cast_to(volume.values, ("uint8", "uint16", "int32", "float32"), path)
    native = np.ascontiguousarray(np.moveaxis(np.atleast_3d(values), 2, 0))
    pages = [Image.fromarray(page) for page in native.astype(native.dtype.newbyteorder("="))]
    # Pillow does not tell when a disk takes only half of a page.
    image = BytesIO()
    pages[0].save(image, format="TIFF", save_all=True, append_images=pages[1:])
    with whole_file(path) as part:
        part.write_bytes(image.getbuffer())


FORMAT = Format("TIFF", peek, write)


def _opened(path: Path) -> "TiffImageFile":
    from PIL import Image

    image = Image.open(path, formats=["TIFF"])
    return image  # type: ignore[return-value]


def _pages(image: "TiffImageFile") -> Iterator["TiffImageFile"]:
    for page in range(image.n_frames):
        image.seek(page)
        yield image


def _load(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    values = np.empty((*shape, 1)[:3], dtype)
    with guarded(path), _opened(path) as image:
        for k, page in enumerate(_pages(image)):
            found = np.asarray(page)
            if found.shape != values.shape[:2]:
                raise damaged(path, f"page {k} is {found.shape}")
            values[:, :, k] = found
    return values.reshape(shape)
