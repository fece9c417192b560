"""What a file format offers; separate so that a new one is one file and one line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.placement import Placement

__all__ = ["Format", "Stored", "cast_to", "grid_shape", "scalar_type", "values_of"]


@dataclass(frozen=True, eq=False)
class Stored:
    """A scan on disk whose header has been read and judged; its values wait for `load`.

    Args:
        shape: two or three axes, as `load` returns them.
        dtype: of the values on disk.
        load: reads the values; raises InputError where the file is damaged.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    placement: Placement
    load: Callable[[], NDArray[Any]]


@dataclass(frozen=True)
class Format:
    """A reader and a writer.

    Args:
        peek: reads the header alone; raises InputError.
        write: puts a volume at a path, whole or not at all; raises InputError for one that the
            format cannot hold.
    """

    name: str
    peek: Callable[[Path], Stored]
    write: Callable[[Volume, Path], None]


def grid_shape(path: Path, sizes: Sequence[int]) -> tuple[int, ...]:
    """Drop trailing axes of one voxel beyond the second, and insist on two or three axes.

    Raises:
        InputError: one axis, four or more, or an empty one.
    """
    kept = [int(size) for size in sizes]
    while len(kept) > 2 and kept[-1] == 1:
        kept.pop()
    if len(kept) in (2, 3) and min(kept) > 0:
        return tuple(kept)
    todo = "take one time point or channel of it" if len(kept) > 3 else "take another file"
    raise InputError(
        f"{path} is {'×'.join(map(str, sizes)) or 'a single number'} ({len(sizes)}-D)",
        "a scan has two or three axes, none of them empty",
        todo,
    )


def scalar_type(path: Path, dtype: np.dtype[Any] | str) -> np.dtype[Any]:
    """Insist on values that are single numbers.

    Raises:
        InputError: colours, records, text, dates or objects.
    """
    if isinstance(dtype, np.dtype) and dtype.kind in "biufc":
        return dtype
    raise InputError(
        f"{path} holds values of type {dtype}",
        "one number a voxel is needed",
        "save it as whole or floating-point numbers, in grey",
    )


def values_of(stored: Stored) -> NDArray[Any]:
    """Load values as plain numbers of this machine; complex ones become their magnitude."""
    values = stored.load()
    with np.errstate(all="ignore"):
        if values.dtype.kind == "c":
            values = np.abs(values)
        if values.dtype.itemsize > 8:
            values = values.astype(np.float64)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def cast_to(values: NDArray[Any], known: Sequence[str], path: Path) -> NDArray[Any]:
    """Cast to the nearest of the known types that loses nothing; bits become uint8.

    Raises:
        InputError: there is none.
    """
    if values.dtype == np.bool_:
        return values.astype(np.uint8)
    if values.dtype.name in known:
        return values
    for name in known:
        if np.can_cast(values.dtype, name, casting="safe"):
            return values.astype(name)
    raise InputError(
        f"values of type {values.dtype} for {path}",
        f"it can hold {', '.join(known)}",
        "convert them, or choose another format",
    )
