"""MATLAB files, versions 5 and 7.3: arrays by name, and the struct of encodings.

Flow scans of a common reconstruction come as a 1×1 struct whose fields are known by place alone: a
mask, two unused, four encoded complex images, four references. The magnitude is the mean of the
moduli of the encoded images. Version 7.3 is HDF5, with the axes in reverse.
"""

import math
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import matlab5, matlab73
from lumenfield.io.arrays import (
    GEOMETRY,
    PREFERRED,
    WRITABLE,
    arrays_of,
    place_arrays,
    scan_like,
)
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import opened
from lumenfield.io.catalogue import Catalogue, Part
from lumenfield.io.hdf5 import HDF5_START
from lumenfield.io.matlab5 import Variable
from lumenfield.io.stored import Format, Stored, grid_shape, scalar_type

__all__ = ["FORMAT"]

_ENCODED = slice(3, 7)
_MOST_BESIDE = 64  # numbers of an array that says where the grid lies
_MOST_BYTES = 2**31 - 2**16
_SIGNATURE = b"MATLAB 5.0 MAT-file, written by lumenfield".ljust(116)


def peek(path: Path) -> Catalogue:
    """List the arrays that could be scans, and the structs that could hold encodings."""
    found = _version(path).variables(path)
    parts = [
        Part(
            one.name,
            f"{'×'.join(map(str, one.shape))} {'complex ' if one.is_complex else ''}{one.kind}",
            partial(_open_struct, path, one)
            if one.kind == "struct"
            else partial(_open_array, path, one, found),
        )
        for one in found
        if (one.kind == "struct" and one.shape == (1, 1))
        or (one.kind in WRITABLE and scan_like(one.name, one.shape))
    ]
    return Catalogue("array", tuple(parts), PREFERRED)


def write(volume: Volume, path: Path) -> None:
    """Write the arrays `values` and `affine` as version 5, compressed.

    Raises:
        InputError: values that are not numbers, or more than 2 GiB of them.
    """
    from scipy.io import savemat

    arrays = arrays_of(volume, path)
    if arrays["values"].nbytes > _MOST_BYTES:
        raise InputError(
            f"{arrays['values'].nbytes / 2**30:.1f} GiB for {path}",
            "MATLAB 5 files hold 2 GiB an array",
            "write .h5, which MATLAB reads too",
        )
    with whole_file(path) as part, part.open("wb") as file:
        savemat(file, arrays, do_compression=True)
        file.seek(0)
        file.write(_SIGNATURE)  # in place of one with the time in it


FORMAT = Format("MATLAB", peek, write)


def _version(path: Path) -> ModuleType:
    """Tell which of the two kinds of file it is."""
    with opened(path) as file:
        start = file.read(520)
    return matlab73 if HDF5_START in (start[:8], start[512:]) else matlab5


def _open_array(path: Path, variable: Variable, beside: list[Variable]) -> Stored:
    shape = grid_shape(path, variable.shape)
    dtype = np.dtype(variable.kind)
    if variable.is_complex:
        dtype = np.result_type(dtype, np.complex64)
    version = _version(path)
    known = {
        one.name: version.read_array(path, one)
        for one in beside
        if one.name in GEOMETRY and math.prod(one.shape) <= _MOST_BESIDE
    }
    load = partial(_load, path, variable, shape)
    return Stored(path, shape, dtype, place_arrays(path, known), load)


def _load(path: Path, variable: Variable, shape: tuple[int, ...]) -> NDArray[Any]:
    values = np.asarray(_version(path).read_array(path, variable))
    scalar_type(path, values.dtype)
    return values.reshape(shape, order="F")


def _open_struct(path: Path, variable: Variable) -> Stored:
    """Judge a struct by its encoded images, which are read once and kept for `load`."""
    images = _version(path).encoded_images(path, variable, _ENCODED)
    shapes = {image.shape for image in images}
    if len(images) != 4 or len(shapes) != 1 or any(i.dtype.kind not in "biufc" for i in images):
        raise InputError(
            f"{path} has a struct {variable.name}, and its fields 4 to 7 are no images of one size",
            "mask, two unused, four encoded images, four references",
            "save the magnitude as an array by itself",
        )
    shape = grid_shape(path, shapes.pop())
    magnitude = _mean_modulus(images).reshape(shape, order="F")
    return Stored(path, shape, np.dtype(np.float32), place_arrays(path, {}), lambda: magnitude)


def _mean_modulus(images: list[NDArray[Any]]) -> NDArray[np.float32]:
    total = np.zeros(images[0].shape, np.float64)
    with np.errstate(all="ignore"):
        for image in images:
            total += np.abs(image)
        return (total / len(images)).astype(np.float32)
