"""What a file format offers; separate so that a new one is one file and one line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.options import Time
from lumenfield.io.placement import Placement

if TYPE_CHECKING:
    from lumenfield.io.catalogue import Catalogue

__all__ = ["Format", "Stored", "cast_to", "grid_shape", "scalar_type", "values_of"]


@dataclass(frozen=True, eq=False)
class Stored:
    """A scan on disk whose header has been read and judged; its values wait for `load`.

    Args:
        shape: two or three axes, as `load` returns them; a fourth is time.
        dtype: of the values on disk.
        load: reads the values; raises InputError where the file is damaged.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    placement: Placement
    load: Callable[[], NDArray[Any]]

    @property
    def grid(self) -> tuple[int, ...]:
        """The two or three axes in space."""
        return self.shape if len(self.shape) < 4 else grid_shape(self.path, self.shape[:3])

    @property
    def n_frames(self) -> int:
        """Points in time."""
        return self.shape[3] if len(self.shape) == 4 else 1


@dataclass(frozen=True)
class Format:
    """A reader and a writer.

    Args:
        peek: reads the header alone, or lists the scans of a file that may hold several; raises
            InputError.
        write: puts a volume at a path, whole or not at all; raises InputError for one that the
            format cannot hold. None for a format that is only read.
    """

    name: str
    peek: "Callable[[Path], Stored | Catalogue]"
    write: Callable[[Volume, Path], None] | None


def grid_shape(path: Path, sizes: Sequence[int]) -> tuple[int, ...]:
    """Drop trailing axes of one voxel beyond the second, and insist on two to four axes.

    Raises:
        InputError: one axis, five or more, or an empty one.
    """
    kept = [int(size) for size in sizes]
    while len(kept) > 2 and kept[-1] == 1:
        kept.pop()
    if len(kept) in (2, 3, 4) and min(kept) > 0:
        return tuple(kept)
    todo = "take one time point or channel of it" if len(kept) > 4 else "take another file"
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


def values_of(stored: Stored, time: Time | None = None) -> NDArray[Any]:
    """Load one scan as plain numbers of this machine; complex ones become their magnitude.

    Args:
        time: which frame, or the mean of them, of a scan with a time axis.

    Raises:
        InputError: damaged, or a time axis and no choice that fits it.
    """
    _check_time(stored, time)
    values = stored.load()
    if stored.n_frames == 1:
        return _plain(values).reshape(stored.grid)
    if isinstance(time, int):
        return _plain(values[..., time]).reshape(stored.grid)
    total = np.zeros(values.shape[:3], np.float64)
    for frame in range(stored.n_frames):
        total += _plain(values[..., frame])
    return (total / stored.n_frames).astype(np.float32).reshape(stored.grid)


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


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(all="ignore"):
        if values.dtype.kind == "c":
            values = np.abs(values)
        if values.dtype.itemsize > 8:
            values = values.astype(np.float64)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _check_time(stored: Stored, time: Time | None) -> None:
    last, size = stored.n_frames - 1, "×".join(map(str, stored.shape))
    if time is None and last:
        raise InputError(
            f"{stored.path} is {size} ({len(stored.shape)}-D), {last + 1} frames in time",
            "one scan has two or three axes",
            f"pass --time mean, or one frame with --time 0 to {last}",
        )
    if time == "all" and last:
        raise InputError(
            f"{stored.path} has {last + 1} frames in time",
            "one scan is one frame",
            "split it first, with `convert SCAN FRAME.nii.gz --time all`",
        )
    if isinstance(time, int) and time > last:
        raise InputError(
            f"frame {time} of {stored.path}",
            f"it has {f'the frames 0 to {last}' if last else 'no time axis'}",
            "choose another with --time" if last else "leave out --time",
        )
