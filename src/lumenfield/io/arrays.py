"""What files of named arrays have in common: where the grid lies, and which array is a scan.

MATLAB, HDF5 and npz files keep an affine, or spacing, origin and direction, as arrays beside it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.placement import Placement
from lumenfield.io.stored import cast_to

__all__ = ["GEOMETRY", "PREFERRED", "WRITABLE", "arrays_of", "place_arrays", "scan_like"]

PREFERRED = ("IMtrx", "STR", "magn", "magnitude", "values")
"""Names of arrays that hold the magnitude, in order."""

GEOMETRY = ("affine", "spacing", "origin", "direction", "units")

WRITABLE = (
    *("uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("float32", "float64"),
)
"""Types of numbers that these files hold."""

_UNITS_MM = {"mm": 1.0, "m": 1000.0, "cm": 10.0, "um": 0.001}


def arrays_of(volume: Volume, path: Path) -> dict[str, NDArray[Any]]:
    """Give the arrays that a volume is written as: `values` and `affine`.

    Raises:
        InputError: values that are not numbers.
    """
    return {"values": cast_to(volume.values, WRITABLE, path), "affine": volume.affine}


def place_arrays(path: Path, beside: Mapping[str, Any]) -> Placement:
    """Make a placement of what stands beside an array; of nothing, an unknown one.

    Args:
        beside: some of `affine` (4×4), or `spacing` with perhaps `origin` and `direction` (3×3,
            unit columns), in RAS+ `units`, mm by default.

    Raises:
        InputError: a shape that does not fit, or another unit.
    """
    unit = str(np.ravel(beside.get("units", "mm"))[0]) if np.size(beside.get("units", 1)) else ""
    if unit not in _UNITS_MM:
        raise InputError(f"{path} measures in {unit!r}", "mm, um, cm or m", "mend its units")
    if "affine" in beside:
        matrix = _numbers(path, beside, "affine", (4, 4), np.eye(4)) * _UNITS_MM[unit]
        return Placement.of(matrix[:3, :3], np.ones(3), matrix[:3, 3])
    if "spacing" not in beside:
        return Placement.unknown()
    given = np.ravel(np.asarray(beside["spacing"]))[:3]
    spacing = np.ones(3)
    spacing[: len(given)] = _numbers(path, {"spacing": given}, "spacing", given.shape, given)
    origin = _numbers(path, beside, "origin", (3,), np.zeros(3))
    direction = _numbers(path, beside, "direction", (3, 3), np.eye(3))
    return Placement.of(direction, spacing * _UNITS_MM[unit], origin * _UNITS_MM[unit])


def scan_like(name: str, shape: Sequence[int]) -> bool:
    """Tell whether an array could be a scan: two to four axes, two of them longer than one."""
    long = [size for size in shape if size > 1]
    return name not in GEOMETRY and 2 <= len(shape) <= 4 and len(long) >= 2


def _numbers(
    path: Path,
    beside: Mapping[str, Any],
    name: str,
    shape: tuple[int, ...],
    otherwise: NDArray[Any],
) -> NDArray[np.float64]:
    try:
        return np.asarray(beside.get(name, otherwise), dtype=np.float64).reshape(shape)
    except (ValueError, TypeError):
        raise InputError(
            f"{path} has {name} of shape {np.shape(beside[name])}",
            f"numbers of shape {shape}",
            "mend it, or leave it out and pass --spacing",
        ) from None
