"""NumPy's .npy: values without geometry; its header is matched, never evaluated."""

import re
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

from lumenfield.datatypes import Volume
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import Block, damaged, opened, read_block
from lumenfield.io.placement import Placement
from lumenfield.io.stored import Format, Stored, grid_shape, scalar_type

__all__ = ["FORMAT", "ArrayHeader", "read_header"]

_MAGIC = b"\x93NUMPY"
_MOST_HEADER = 2**16
_DTYPE = re.compile(r"'descr':\s*(?:'([^']*)'|(\[.*?\]))")
_ORDER = re.compile(r"'fortran_order':\s*(True|False)")
_SHAPE = re.compile(r"'shape':\s*\(([\d\sL,]*)\)")


def peek(path: Path) -> Stored:
    """Read shape and type."""
    with opened(path) as file:
        array = read_header(path, file)
    shape = array.shape
    if len(shape) != 3:  # an array of shape X×Y×1 is what its maker called it
        shape = grid_shape(path, shape)
    elif 0 in shape:
        grid_shape(path, shape)
    block = Block(path, shape, array.dtype, at=array.length, order=array.order)
    return Stored(path, shape, array.dtype, Placement.unknown(), partial(read_block, block))


def write(volume: Volume, path: Path) -> None:
    """Write the values; bits become uint8, the geometry is left out.

    Raises:
        InputError: values that are not numbers.
    """
    values = volume.values
    scalar_type(path, values.dtype)
    if values.dtype == np.bool_:
        values = values.astype(np.uint8)
    about = np.lib.format.header_data_from_array_1_0(values) | {"fortran_order": False}
    with whole_file(path) as part, part.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, about)
        for slab in values:  # NumPy's own way does not say why a disk took only half of it
            file.write(np.ascontiguousarray(slab).data)


FORMAT = Format("NumPy", peek, write)


@dataclass(frozen=True)
class ArrayHeader:
    """What the header of an array says; it is `length` bytes long."""

    shape: tuple[int, ...]
    dtype: "np.dtype[Any]"
    order: Literal["C", "F"]
    length: int


def read_header(path: Path, file: BufferedIOBase | IO[bytes]) -> ArrayHeader:
    """Read the header that begins where a stream stands.

    Raises:
        InputError: it is none, or its values are not numbers.
    """
    if file.read(6) != _MAGIC:
        raise damaged(path, "it does not begin as .npy files do")
    major = file.read(2)[:1]
    width = 2 if major == b"\x01" else 4
    length = int.from_bytes(file.read(width), "little")
    text = file.read(min(length, _MOST_HEADER)).decode("latin-1")
    if major not in (b"\x01", b"\x02", b"\x03") or len(text) < length:
        raise damaged(path, "its header is cut short or of an unknown version")
    kind, order, sizes = _DTYPE.search(text), _ORDER.search(text), _SHAPE.search(text)
    if not (kind and order and sizes):
        raise damaged(path, "its header lacks type, order or shape")
    shape = tuple(int(size) for size in re.findall(r"\d+", sizes[1])[:64])
    dtype = _dtype(path, kind[1] or kind[2])
    return ArrayHeader(shape, dtype, "F" if order[1] == "True" else "C", 8 + width + length)


def _dtype(path: Path, text: str) -> "np.dtype[Any]":
    try:
        dtype = np.dtype(text) if re.fullmatch(r"[<>|=]?[biufc]\d+", text) else None
    except TypeError:
        dtype = None
    return scalar_type(path, dtype or text)
