"""MATLAB files of version 7.3: HDF5 with the axes in reverse and a class on everything."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.io.foreign import guarded
from lumenfield.io.hdf5 import read_numbers
from lumenfield.io.matlab5 import Variable

if TYPE_CHECKING:
    import h5py

__all__ = ["encoded_images", "read_array", "variables"]

_KINDS = {"double": "float64", "single": "float32", "logical": "uint8"}


def variables(path: Path) -> list[Variable]:
    """Read the headers of all variables.

    Raises:
        InputError: damaged.
    """
    import h5py

    with guarded(path), h5py.File(path, "r") as file:
        return [_told(name, file[name]) for name in file if not name.startswith("#")]


def read_array(path: Path, variable: Variable) -> NDArray[Any]:
    """Read the values of a variable of numbers or letters; letters become one text.

    Raises:
        InputError: damaged.
    """
    import h5py

    with guarded(path), h5py.File(path, "r") as file:
        values = _values(path, file[variable.name])
    if variable.kind == "char":
        return np.array("".join(chr(int(letter)) for letter in values.ravel(order="F")[:64]))
    return values


def encoded_images(path: Path, variable: Variable, which: slice) -> list[NDArray[Any]]:
    """Read some fields of a 1×1 struct, by place.

    Raises:
        InputError: damaged.
    """
    import h5py

    with guarded(path), h5py.File(path, "r") as file:
        group = file[variable.name]
        return [_values(path, group[field]) for field in _order(group)[which]]


def _told(name: str, item: Any) -> Variable:
    kind = item.attrs.get("MATLAB_class", b"")
    kind = kind.decode("ascii", "replace") if isinstance(kind, bytes) else str(kind)
    if not hasattr(item, "shape"):
        return Variable(name, (1, 1), "struct")
    return Variable(name, item.shape[::-1], _KINDS.get(kind, kind or item.dtype.name))


def _values(path: Path, dataset: "h5py.Dataset") -> NDArray[Any]:
    return read_numbers(path, dataset).T


def _order(group: Any) -> list[str]:
    """Give the fields in MATLAB's order, which HDF5 itself does not keep."""
    told = group.attrs.get("MATLAB_fields")
    if told is None:
        return list(group)
    return ["".join(letter.decode("ascii") for letter in letters) for letters in told]
