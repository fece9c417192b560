"""VTK's XML files: image data, .vti, and structured grids, .vts.

Its world is taken as ours, in millimetres, and nothing asks its directions for right angles.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import damaged, write_block
from lumenfield.io.catalogue import Catalogue, Part
from lumenfield.io.placement import Placement
from lumenfield.io.points import place_points
from lumenfield.io.stored import Format, Stored, cast_to, grid_shape
from lumenfield.io.vtk import PREFERRED
from lumenfield.io.vtk_xml import TYPES, Document, Element, numbers, open_document, read_array

__all__ = ["FORMAT", "GRID_FORMAT", "write_vti"]

_NAMES = {dtype: name for name, dtype in TYPES.items()}


def peek(path: Path) -> Catalogue:
    """List the point arrays with one number a point."""
    document = open_document(path)
    piece = _piece(document)
    sizes = _sizes(document, piece)
    size = "×".join(map(str, sizes))
    parts = tuple(
        Part(
            array.get("Name", "values"),
            f"{size} {array.get('type', '').lower()}",
            partial(_open, document, piece, array),
        )
        for array in piece.iterfind("PointData/DataArray")
        if array.get("NumberOfComponents", "1") == "1"
    )
    shown = piece.find("PointData")
    first = () if shown is None else (shown.get("Scalars", ""),)
    return Catalogue("array", parts, (*PREFERRED, *first))


def write(volume: Volume, path: Path) -> None:
    """Write image data with its direction.

    Raises:
        InputError: a type VTK does not have.
    """
    spacing = np.linalg.norm(volume.affine[:3, :3], axis=0)
    origin, direction = volume.affine[:3, 3], volume.affine[:3, :3] / spacing
    write_vti(path, {"values": volume.values}, spacing, origin, direction)


FORMAT = Format("VTK image data", peek, write)
GRID_FORMAT = Format("VTK structured grid", peek, None)


def write_vti(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    spacing: Sequence[float] | NDArray[np.float64],
    origin: Sequence[float] | NDArray[np.float64],
    direction: NDArray[np.float64],
) -> None:
    """Write arrays of one shape as XML image data, whole or not at all.

    The first array is the one a reader shows first. Values are appended raw, little-endian.

    Args:
        arrays: by name, 2-D or 3-D.
        spacing: three edges. origin: centre of the first voxel. Both in the unit of your choice.
        direction: 3×3, column *i* along array axis *i*.

    Raises:
        InputError: a type VTK does not have, shapes that differ, or a disk that does not take it.
    """
    shapes = {np.shape(array) for array in arrays.values()}
    if len(shapes) != 1:
        raise InputError(
            f"arrays of shapes {sorted(shapes)} for {path}",
            "image data holds arrays of one shape",
            "write them into different files",
        )
    cast = {name: cast_to(array, tuple(_NAMES), path) for name, array in arrays.items()}
    head = _text((*shapes.pop(), 1)[:3], cast, (spacing, origin, np.ravel(direction)))
    with whole_file(path) as part, part.open("wb") as file:
        file.write(head.encode())
        for values in cast.values():
            file.write(values.nbytes.to_bytes(8, "little"))
            write_block(file, values)
        file.write(b"\n  </AppendedData>\n</VTKFile>\n")


def _text(
    sizes: tuple[int, ...], arrays: Mapping[str, NDArray[Any]], geometry: Sequence[Any]
) -> str:
    extent = " ".join(f"0 {size - 1}" for size in sizes)
    spacing, origin, direction = (" ".join(repr(float(n)) for n in row) for row in geometry)
    lines, offset = [], 0
    for name, values in arrays.items():
        lines.append(
            f'        <DataArray type="{_NAMES[values.dtype.name]}" Name={quoteattr(name)}'
            f' format="appended" offset="{offset}"/>\n'
        )
        offset += 8 + values.nbytes
    return (
        '<?xml version="1.0"?>\n'
        '<VTKFile type="ImageData" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n'
        f'  <ImageData WholeExtent="{extent}" Origin="{origin}" Spacing="{spacing}"'
        f' Direction="{direction}">\n'
        f'    <Piece Extent="{extent}">\n'
        f"      <PointData Scalars={quoteattr(next(iter(arrays)))}>\n{''.join(lines)}"
        "      </PointData>\n    </Piece>\n  </ImageData>\n"
        '  <AppendedData encoding="raw">\n_'
    )


def _piece(document: Document) -> Element:
    pieces = document.grid.findall("Piece")
    if len(pieces) != 1:
        raise InputError(
            f"{document.path} is in {len(pieces)} pieces", "one is needed", "save it as one piece"
        )
    return pieces[0]


def _sizes(document: Document, piece: Element) -> tuple[int, ...]:
    ends = _extent(document, piece)
    return tuple(stop - start + 1 for start, stop in zip(ends[::2], ends[1::2], strict=True))


def _extent(document: Document, piece: Element) -> tuple[int, ...]:
    whole = document.grid.get("WholeExtent", "")
    ends = numbers(document.path, piece.get("Extent", whole), 6)
    if not (np.abs(ends) < 2**31).all() or (ends[1::2] < ends[::2]).any():
        raise damaged(document.path, f"its extent is {ends}")
    return tuple(int(end) for end in ends)


def _open(document: Document, piece: Element, array: Element) -> Stored:
    sizes = _sizes(document, piece)
    shape = grid_shape(document.path, sizes)
    known = TYPES.get(array.get("type", ""))
    if known is None:
        raise damaged(document.path, f"values of type {array.get('type')}")
    if document.kind == "ImageData":
        placement = _placed(document, piece)
    else:
        placement = _pointed(document, piece, sizes)
    load = partial(read_array, document, array, shape)
    return Stored(document.path, shape, np.dtype(known), placement, load)


def _placed(document: Document, piece: Element) -> Placement:
    """Place the first voxel of the piece: the origin is that of index zero."""
    path, grid = document.path, document.grid
    spacing = numbers(path, grid.get("Spacing", "1 1 1"), 3)
    origin = numbers(path, grid.get("Origin", "0 0 0"), 3)
    direction = numbers(path, grid.get("Direction", "1 0 0 0 1 0 0 0 1"), 9).reshape(3, 3)
    start = np.array(_extent(document, piece)[::2])
    with np.errstate(all="ignore"):
        first = origin + direction @ (spacing * start)
    return Placement.of(direction, spacing, first, known="Spacing" in grid.attrib)


def _pointed(document: Document, piece: Element, sizes: tuple[int, ...]) -> Placement:
    array = piece.find("Points/DataArray")
    if array is None:
        raise damaged(document.path, "a structured grid without points")
    points = read_array(document, array, (3, int(np.prod(sizes)))).astype(np.float64)
    plane = sizes[0] * sizes[1]
    return place_points(document.path, sizes, lambda k: points[:, k * plane : (k + 1) * plane])
