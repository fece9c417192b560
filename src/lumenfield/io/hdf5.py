"""HDF5, .h5 and .hdf5: data sets, with attributes or neighbours that say where they lie."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.io.arrays import GEOMETRY, PREFERRED, arrays_of, place_arrays, scan_like
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import Block, Encoding, refuse_overrun
from lumenfield.io.catalogue import Catalogue, Part
from lumenfield.io.foreign import guarded
from lumenfield.io.placement import Placement
from lumenfield.io.stored import Format, Stored, grid_shape, scalar_type

if TYPE_CHECKING:
    import h5py

__all__ = ["FORMAT", "HDF5_START", "read_numbers", "walk"]

HDF5_START = b"\x89HDF\r\n\x1a\n"

_MOST_BESIDE = 64  # numbers of an array that says where the grid lies


def peek(path: Path) -> Catalogue:
    """List the data sets that could be scans."""
    import h5py

    with guarded(path), h5py.File(path, "r") as file:
        found = walk(file)
        parts = tuple(
            Part(
                name,
                f"{'×'.join(map(str, dataset.shape))} {dataset.dtype.name}",
                partial(_open, path, name),
                (name.rpartition("/")[2],),
            )
            for name, dataset in found.items()
            if scan_like(name.rpartition("/")[2], dataset.shape)
        )
    return Catalogue("array", parts, PREFERRED)


def write(volume: Volume, path: Path) -> None:
    """Write the data sets `values` and `affine`, compressed.

    Raises:
        InputError: values that are not numbers.
    """
    import h5py

    arrays = arrays_of(volume, path)
    # Written through our own file, so that a full disk is told as the disk tells it.
    with whole_file(path) as part, part.open("wb") as disk:
        with h5py.File(path.name, "w", driver="core", backing_store=False) as file:
            for name, values in arrays.items():
                native = np.asarray(values, dtype=values.dtype.newbyteorder("="))
                file.create_dataset(name, data=native, compression="gzip", compression_opts=1)
            file.flush()
            image = file.id.get_file_image()
        disk.write(image)


FORMAT = Format("HDF5", peek, write)


def walk(file: "h5py.File") -> dict[str, "h5py.Dataset"]:
    """Give the data sets of numbers of a file, by path."""
    import h5py

    found: dict[str, h5py.Dataset] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and _number_kind(item.dtype) is not None:
            found[name] = item

    file.visititems(note)
    return found


def read_numbers(path: Path, dataset: "h5py.Dataset") -> NDArray[Any]:
    """Read a data set; pairs of a real and an imaginary part become complex numbers.

    Raises:
        InputError: it says it is larger than the file can hold.
    """
    room = min(dataset.id.get_storage_size(), path.stat().st_size)
    packed: Encoding = "raw" if dataset.chunks is None else "zlib"
    refuse_overrun(Block(path, dataset.shape, dataset.dtype, packed), room)
    values = dataset[()]
    if values.dtype.names:
        real, imaginary = (values[name] for name in values.dtype.names)
        return np.asarray(real + 1j * imaginary)
    return np.asarray(values)


def _number_kind(dtype: np.dtype[Any]) -> np.dtype[Any] | None:
    """Give the type that values are read as, None if they are not numbers."""
    if dtype.kind in "biufc":
        return dtype
    if dtype.names in (("real", "imag"), ("r", "i"), ("re", "im")):
        return np.result_type(dtype[0], np.complex64)
    return None


def _open(path: Path, name: str) -> Stored:
    import h5py

    with guarded(path), h5py.File(path, "r") as file:
        dataset = file[name]
        shape = grid_shape(path, dataset.shape)
        dtype = scalar_type(path, _number_kind(dataset.dtype) or dataset.dtype)
        placement = _placement(path, dataset)
    return Stored(path, shape, dtype, placement, partial(_load, path, name, shape))


def _load(path: Path, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    import h5py

    with guarded(path), h5py.File(path, "r") as file:
        return read_numbers(path, file[name]).reshape(shape)


def _placement(path: Path, dataset: "h5py.Dataset") -> Placement:
    """Look at the data set's attributes, then its group's, then at the arrays beside it."""
    group = dataset.parent
    beside = {
        **_few(group, lambda name: group[name][()], group),
        **_few(group.attrs, group.attrs.__getitem__, group),
        **_few(dataset.attrs, dataset.attrs.__getitem__, group),
    }
    units = beside.get("units")
    if isinstance(units, bytes):
        beside["units"] = units.decode("utf-8", "replace")
    return place_arrays(path, beside)


def _few(names: Mapping[str, Any], get: Callable[[str], Any], group: Any) -> dict[str, Any]:
    small = [name for name in GEOMETRY if name in names]
    return {name: get(name) for name in small if _size(names, name) <= _MOST_BESIDE}


def _size(names: Any, name: str) -> int:
    shape = names.get_id(name).shape if hasattr(names, "get_id") else names[name].shape
    return int(np.prod(shape, dtype=np.float64))
