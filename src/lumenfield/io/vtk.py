"""Legacy VTK files, .vtk: structured points, and structured grids where those cannot say it.

Structured points know no direction. A grid that is turned, mirrored or sheared is therefore written
as a structured grid, point by point. VTK has no unit and no left or right: its world is ours.
"""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from io import BufferedWriter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import read_block, write_block
from lumenfield.io.catalogue import Catalogue, Part
from lumenfield.io.placement import Placement
from lumenfield.io.points import Planes, place_points
from lumenfield.io.stored import Format, Stored, cast_to, grid_shape
from lumenfield.io.vtk_header import TYPES, Field, Header, read_header

__all__ = ["FORMAT", "PREFERRED", "write_vtk_grid", "write_vtk_points"]

PREFERRED = ("magn", "values")
"""Names of point arrays that hold the magnitude, in order."""

_NAMES = {dtype: name for name, dtype in reversed(TYPES.items())}
_TITLE_LENGTH = 255


def peek(path: Path) -> Catalogue:
    """List the point arrays with one number a point."""
    header = read_header(path)
    size = "×".join(map(str, header.sizes))
    parts = tuple(
        Part(name, f"{size} {field.dtype.name}", partial(_open, path, header, field))
        for name, field in header.arrays.items()
        if field.components == 1
    )
    return Catalogue("array", parts, PREFERRED)


def write(volume: Volume, path: Path) -> None:
    """Write structured points, or a structured grid where the axes are not those of the world.

    Raises:
        InputError: a type VTK does not have.
    """
    columns = volume.affine[:3, :3]
    arrays = {"values": cast_to(volume.values, tuple(_NAMES), path)}
    if np.array_equal(columns, np.diag(np.abs(np.diag(columns)))):
        write_vtk_points(path, arrays, np.diag(columns), volume.affine[:3, 3])
    else:
        write_vtk_grid(path, arrays, volume.affine)


FORMAT = Format("VTK", peek, write)


def write_vtk_points(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    spacing: Sequence[float] | NDArray[np.float64],
    origin: Sequence[float] | NDArray[np.float64],
    *,
    title: str = "lumenfield",
) -> None:
    """Write arrays of one shape as STRUCTURED_POINTS, whole or not at all.

    The first array is the one a reader shows first. Directions are lost: see `write_vtk_grid`.

    Args:
        arrays: by name, 2-D or 3-D.
        spacing: three edges. origin: centre of the first voxel. Both in the unit of your choice.

    Raises:
        InputError: a type VTK does not have, a name with blanks, or a disk that does not take it.
    """
    sizes = _common_sizes(path, arrays)
    with whole_file(path) as part, part.open("wb") as file:
        _start(file, title, "STRUCTURED_POINTS", sizes)
        file.write(f"ORIGIN {_words(origin)}\nSPACING {_words(spacing)}\n".encode())
        _write_arrays(file, arrays, path)


def write_vtk_grid(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    affine: NDArray[np.float64],
    *,
    title: str = "lumenfield",
) -> None:
    """Write arrays of one shape as STRUCTURED_GRID, each point where `affine` puts it.

    Raises:
        InputError: as `write_vtk_points`.
    """
    sizes = _common_sizes(path, arrays)
    with whole_file(path) as part, part.open("wb") as file:
        _start(file, title, "STRUCTURED_GRID", sizes, affine)
        file.write(f"POINTS {math.prod(sizes)} double\n".encode())
        across = np.indices((*sizes[:2], 1)).reshape(3, -1, order="F")
        plane = affine[:3, :3] @ across + affine[:3, 3:]
        for k in range(sizes[2]):
            points = (plane + k * affine[:3, 2:3]).T
            file.write(np.ascontiguousarray(points, ">f8").data)
        file.write(b"\n")
        _write_arrays(file, arrays, path)


def _start(
    file: BufferedWriter,
    title: str,
    kind: str,
    sizes: tuple[int, ...],
    affine: NDArray[np.float64] | None = None,
) -> None:
    line = " ".join(title.split())[:_TITLE_LENGTH]
    file.write(f"# vtk DataFile Version 3.0\n{line}\nBINARY\nDATASET {kind}\n".encode())
    if affine is not None:  # a slice has no points along its normal
        file.write(b"FIELD FieldData 1\naffine 4 4 double\n")
        file.write(np.ascontiguousarray(affine, ">f8").data)
        file.write(b"\n")
    file.write(f"DIMENSIONS {' '.join(map(str, sizes))}\n".encode())


def _common_sizes(path: Path, arrays: Mapping[str, NDArray[Any]]) -> tuple[int, ...]:
    shapes = {np.shape(array) for array in arrays.values()}
    bad = [name for name in arrays if not name or any(letter.isspace() for letter in name)]
    if len(shapes) != 1 or bad:
        raise InputError(
            f"arrays {', '.join(map(repr, arrays)) or '(none)'} of shapes {sorted(shapes)}"
            f" for {path}",
            "VTK holds arrays of one shape with names without blanks",
            "write them into different files, or rename them",
        )
    return (*shapes.pop(), 1)[:3]


def _write_arrays(file: BufferedWriter, arrays: Mapping[str, NDArray[Any]], path: Path) -> None:
    n_points = next(iter(arrays.values())).size
    file.write(f"POINT_DATA {n_points}\n".encode())
    for name, array in arrays.items():
        values = cast_to(array, tuple(_NAMES), path)
        kind = _NAMES[values.dtype.name]
        file.write(f"SCALARS {name} {kind} 1\nLOOKUP_TABLE default\n".encode())
        write_block(file, values, byte_order=">")
        file.write(b"\n")


def _words(numbers: Sequence[float] | NDArray[np.float64]) -> str:
    return " ".join(repr(float(number)) for number in numbers)


def _open(path: Path, header: Header, field: Field) -> Stored:
    shape = grid_shape(path, header.sizes)
    block = field.block(path, shape)
    return Stored(path, shape, field.dtype, _placement(path, header), partial(read_block, block))


def _placement(path: Path, header: Header) -> Placement:
    if header.points is not None:
        return place_points(path, header.sizes, _planes(path, header, header.points), header.affine)
    if header.spacing is None:
        return Placement.unknown()
    return Placement.of(np.eye(3), [*header.spacing], [*header.origin])


def _planes(path: Path, header: Header, points: Field) -> Planes:
    """Read the points slice by slice; those of a text file all at once."""
    n_plane = header.sizes[0] * header.sizes[1]
    if points.text:
        everything = read_block(points.block(path, (3, n_plane * header.sizes[2])))
        return lambda k: everything[:, k * n_plane : (k + 1) * n_plane].astype(np.float64)
    return lambda k: read_block(points.block(path, (3, n_plane), skip=3 * n_plane * k)).astype(
        np.float64
    )
