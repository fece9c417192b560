"""PNG, grey images of 8 or 16 bit; rows are the first axis, and there is no geometry."""

import os
import struct
import warnings
import zlib
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import damaged, opened
from lumenfield.io.placement import Placement
from lumenfield.io.stored import Format, Stored, cast_to, grid_shape

__all__ = ["FORMAT"]

_START = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_COLOURS = {2: "red, green and blue", 3: "a palette", 4: "grey and opacity", 6: "RGBA"}
_MOST_PIXELS = 2**26
# First column and row, and the steps from there, of each pass of an interlaced image.
_PASSES = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)


def peek(path: Path) -> Stored:
    """Read size and depth.

    Raises:
        InputError: colours, or more than 64 million pixels.
    """
    with opened(path) as file:
        start = file.read(29)
    if start[:16] != _START or len(start) < 29:
        raise damaged(path, "it does not begin as .png files do")
    width, height, depth, colour, interlaced = struct.unpack(">IIBBxxB", start[16:])
    if width * height > _MOST_PIXELS:
        raise InputError(
            f"{path} says it is {height}×{width}", f"at most {_MOST_PIXELS} pixels", "crop it"
        )
    if colour != 0:
        raise InputError(
            f"{path} is in colour ({_COLOURS.get(colour, f'kind {colour}')})",
            "one number a pixel is needed",
            "save it in grey without an alpha channel",
        )
    dtype = np.dtype(np.uint16 if depth == 16 else np.uint8)
    shape = grid_shape(path, (height, width))
    load = partial(_load, path, shape, dtype, _n_bytes(width, height, depth, interlaced))
    return Stored(path, shape, dtype, Placement.unknown(), load)


def write(volume: Volume, path: Path) -> None:
    """Write whole numbers of 8 or 16 bit; the geometry is left out.

    Raises:
        InputError: a 3-D volume, or values of another type.
    """
    from PIL import Image

    if volume.ndim != 2:
        raise InputError(
            f"a 3-D volume for {path}", ".png holds one image", "write .nii.gz, or take a slice"
        )
    values = cast_to(volume.values, ("uint8", "uint16"), path)
    native = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("="))
    with whole_file(path) as part, part.open("wb") as file:
        Image.fromarray(native).save(file, format="PNG")


FORMAT = Format("PNG", peek, write)


def _load(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], n_bytes: int) -> NDArray[Any]:
    from PIL import Image, UnidentifiedImageError

    _refuse_short(path, n_bytes)
    with opened(path) as file, warnings.catch_warnings():
        # An animation whose frames are broken still has its first image.
        warnings.simplefilter("ignore", UserWarning)
        try:
            with Image.open(file, formats=["PNG"]) as image:
                values = np.asarray(image)
        except (UnidentifiedImageError, SyntaxError, ValueError, struct.error) as error:
            raise damaged(path, str(error)) from None
    if values.shape != shape:
        raise damaged(path, "it has two headers")
    return values.astype(dtype)


def _refuse_short(path: Path, missing: int) -> None:
    """Count the bytes of all pixels: Pillow takes missing rows for black ones."""
    engine = zlib.decompressobj()
    with opened(path) as file:
        file.seek(8)
        while missing and len(head := file.read(8)) == 8:
            data = file.read(int.from_bytes(head[:4], "big"))
            if head[4:] == b"IDAT":
                missing -= len(engine.decompress(data, missing))
            file.seek(4, os.SEEK_CUR)
    if missing:
        raise damaged(path, f"its pixels end {missing} bytes early")


def _n_bytes(width: int, height: int, depth: int, interlaced: int) -> int:
    """Count the bytes of all rows, each with its filter's number, of the one or seven passes."""
    total = 0
    for x, y, dx, dy in _PASSES if interlaced else ((0, 0, 1, 1),):
        columns, rows = -((x - width) // dx), -((y - height) // dy)
        if columns > 0 and rows > 0:
            total += rows * (1 - (-columns * depth // 8))
    return total
