"""NumPy's .npz, a zip of arrays: values, and where they lie as arrays beside them."""

import zipfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.arrays import GEOMETRY, PREFERRED, arrays_of, place_arrays, scan_like
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import Block, damaged, read_stream, refuse_overrun
from lumenfield.io.catalogue import Catalogue, Part
from lumenfield.io.foreign import guarded
from lumenfield.io.npy import ArrayHeader, read_header
from lumenfield.io.stored import Format, Stored, grid_shape

__all__ = ["FORMAT"]

_MOST_BESIDE = 4096  # bytes of an array that says where the grid lies


def peek(path: Path) -> Catalogue:
    """List the arrays that could be scans."""
    with guarded(path), zipfile.ZipFile(path) as file:
        names = [name.removesuffix(".npy") for name in file.namelist()]
        headers = {name: _header(path, file, name) for name in names}
    known = {name: header for name, header in headers.items() if header is not None}
    parts = tuple(
        Part(
            name,
            f"{'×'.join(map(str, header.shape))} {header.dtype.name}",
            partial(_open, path, name, header),
        )
        for name, header in known.items()
        if scan_like(name, header.shape)
    )
    return Catalogue("array", parts, PREFERRED)


def write(volume: Volume, path: Path) -> None:
    """Write the arrays `values` and `affine`, compressed.

    Raises:
        InputError: values that are not numbers.
    """
    arrays = arrays_of(volume, path)
    with whole_file(path) as part, part.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


FORMAT = Format("NumPy archive", peek, write)


def _header(path: Path, file: zipfile.ZipFile, name: str) -> ArrayHeader | None:
    """Read the header of one array; text and objects have none that we read."""
    try:
        with file.open(f"{name}.npy") as stream:
            return read_header(path, stream)
    except (InputError, KeyError):
        return None


def _open(path: Path, name: str, header: ArrayHeader) -> Stored:
    shape = grid_shape(path, header.shape)
    load = partial(_read, path, name, header, shape)
    return Stored(path, shape, header.dtype, place_arrays(path, _beside(path)), load)


def _read(path: Path, name: str, header: ArrayHeader, shape: tuple[int, ...]) -> NDArray[Any]:
    block = Block(path, header.shape, header.dtype, order=header.order)
    with guarded(path), zipfile.ZipFile(path) as file:
        room = file.getinfo(f"{name}.npy")
        refuse_overrun(block, min(room.file_size, 1040 * path.stat().st_size))
        with file.open(room) as stream:
            if read_header(path, stream) != header:
                raise damaged(path, f"two arrays are named {name}")
            return read_stream(block, stream).reshape(shape, order=header.order)


def _beside(path: Path) -> dict[str, NDArray[Any]]:
    with (
        guarded(path),
        zipfile.ZipFile(path) as file,
        np.load(path, allow_pickle=False) as arrays,
    ):
        sizes = {one.filename.removesuffix(".npy"): one.file_size for one in file.infolist()}
        return {n: arrays[n] for n in GEOMETRY if sizes.get(n, _MOST_BESIDE + 1) <= _MOST_BESIDE}
