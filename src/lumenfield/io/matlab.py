"""MATLAB files, versions 5 and 7.3: arrays by name, and the struct of encodings.

Flow scans of a common reconstruction come as a 1×1 struct whose fields are known by place alone: a
mask, two unused, four encoded complex images, four references. The magnitude is the mean of the
moduli of the encoded images. Version 7.3 is HDF5, with the axes in reverse.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.arrays import GEOMETRY, PREFERRED, arrays_of, place_arrays, scan_like
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import opened
from lumenfield.io.catalogue import Catalogue, Part
from lumenfield.io.foreign import guarded
from lumenfield.io.hdf5 import HDF5_START, read_numbers
from lumenfield.io.stored import Format, Stored, grid_shape, scalar_type

if TYPE_CHECKING:
    import h5py

__all__ = ["FORMAT"]

_NUMBERS = {
    "double": "float64",
    "single": "float32",
    "logical": "bool",
    **{f"{u}int{n}": f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)},
}
_ENCODED = slice(3, 7)
_MOST_BYTES = 2**31 - 2**16
_SIGNATURE = b"MATLAB 5.0 MAT-file, written by lumenfield".ljust(116)


def peek(path: Path) -> Catalogue:
    """List the arrays that could be scans, and the structs that could hold encodings."""
    listed = _listed_hdf5(path) if _is_hdf5(path) else _listed(path)
    parts = [
        Part(
            name,
            f"{'×'.join(map(str, shape))} {kind}",
            partial(_open_struct if kind == "struct" else _open_array, path, name),
        )
        for name, shape, kind in listed
        if (kind == "struct" and shape == (1, 1))
        or (kind in _NUMBERS.values() and scan_like(name, shape))
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


def _is_hdf5(path: Path) -> bool:
    with opened(path) as file:
        start = file.read(520)
    return HDF5_START in (start[:8], start[512:])


def _listed(path: Path) -> list[tuple[str, tuple[int, ...], str]]:
    from scipy.io import whosmat

    with guarded(path):
        found = whosmat(path, appendmat=False)
    return [(name, tuple(shape), _NUMBERS.get(kind, kind)) for name, shape, kind in found]


def _listed_hdf5(path: Path) -> list[tuple[str, tuple[int, ...], str]]:
    import h5py

    with guarded(path), h5py.File(path, "r") as file:
        return [_told(name, file[name]) for name in file if not name.startswith("#")]


def _told(name: str, item: Any) -> tuple[str, tuple[int, ...], str]:
    kind = item.attrs.get("MATLAB_class", b"")
    kind = kind.decode("ascii", "replace") if isinstance(kind, bytes) else str(kind)
    if hasattr(item, "shape"):
        return name, item.shape[::-1], _NUMBERS.get(kind, kind)
    return name, (1, 1), "struct"


def _open_array(path: Path, name: str) -> Stored:
    """Judge an array; whether it is complex shows only when it is read."""
    listed = _listed_hdf5(path) if _is_hdf5(path) else _listed(path)
    sizes, kind = next((shape, kind) for other, shape, kind in listed if other == name)
    shape, dtype = grid_shape(path, sizes), scalar_type(path, np.dtype(kind))
    beside = [other for other, size, _ in listed if other in GEOMETRY and np.prod(size) <= 64]
    known = {other: _read(path, other) for other in beside}
    placement = place_arrays(path, known)
    return Stored(path, shape, dtype, placement, partial(_load, path, name, shape))


def _load(path: Path, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    values = np.asarray(_read(path, name))
    scalar_type(path, values.dtype)
    with guarded(path):
        return values.reshape(shape, order="F")


def _open_struct(path: Path, name: str) -> Stored:
    encoded = _encoded(path, name)
    shapes = {image.shape for image in encoded}
    kinds = {image.dtype.kind for image in encoded}
    if len(encoded) != 4 or len(shapes) != 1 or not kinds <= set("biufc"):
        raise InputError(
            f"{path} has a struct {name}, and its fields 4 to 7 are no images of one size",
            "mask, two unused, four encoded images, four references",
            "save the magnitude as an array by itself",
        )
    shape = grid_shape(path, shapes.pop())
    magnitude = partial(_mean_modulus, encoded, shape)
    return Stored(path, shape, np.dtype(np.float32), place_arrays(path, {}), magnitude)


def _mean_modulus(images: Sequence[NDArray[Any]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    total = np.zeros(images[0].shape, np.float64)
    with np.errstate(all="ignore"):
        for image in images:
            total += np.abs(image)
        return (total / len(images)).astype(np.float32).reshape(shape)


def _read(path: Path, name: str) -> Any:
    """Read one variable; a struct comes as an array of records."""
    if _is_hdf5(path):
        import h5py

        with guarded(path), h5py.File(path, "r") as file:
            return _from_hdf5(path, file[name])
    from scipy.io import loadmat

    with guarded(path):
        return loadmat(path, variable_names=[name], appendmat=False)[name]


def _from_hdf5(path: Path, dataset: "h5py.Dataset") -> NDArray[Any]:
    values = read_numbers(path, dataset).T
    if dataset.attrs.get("MATLAB_class") == b"char":
        return np.array("".join(chr(int(letter)) for letter in values.ravel(order="F")))
    return values


def _encoded(path: Path, name: str) -> list[NDArray[Any]]:
    """Read the fields of a 1×1 struct that are encoded images, by their places."""
    if _is_hdf5(path):
        import h5py

        with guarded(path), h5py.File(path, "r") as file:
            group = file[name]
            return [_from_hdf5(path, group[field]) for field in _order(group)[_ENCODED]]
    record = _read(path, name)
    with guarded(path):
        return [np.asarray(record[0, 0][field]) for field in record.dtype.names[_ENCODED]]


def _order(group: Any) -> list[str]:
    """Give the fields in MATLAB's order, which HDF5 itself does not keep."""
    told = group.attrs.get("MATLAB_fields")
    if told is None:
        return list(group)
    return ["".join(letter.decode("ascii") for letter in letters) for letters in told]
