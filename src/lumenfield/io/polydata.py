"""Surfaces and lines with numbers at their points, as VTK XML, .vtp; written only.

Values are appended raw, little-endian; coordinates are in the unit of the caller's choice.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file

__all__ = ["write_lines", "write_surface"]

_TYPES = {"f4": "Float32", "f8": "Float64", "i4": "Int32", "i8": "Int64", "u1": "UInt8"}

Arrays = Mapping[str, NDArray[Any]]


def write_surface(
    path: Path, points: NDArray[np.float64], faces: NDArray[np.int64], arrays: Arrays
) -> None:
    """Write polygons of one size, or edges (m×2) of an outline, whole or not at all.

    Args:
        points: n×3. faces: m×k, indices of points. arrays: by name, one number a point.

    Raises:
        InputError: an array of another length.
    """
    kind = "Lines" if faces.shape[1] == 2 else "Polys"
    ends = faces.shape[1] * np.arange(1, len(faces) + 1)
    _write(path, points, kind, faces.ravel(), ends, arrays, {})


def write_lines(
    path: Path, lines: Sequence[NDArray[np.float64]], arrays: Arrays, line_arrays: Arrays
) -> None:
    """Write polylines, whole or not at all.

    Args:
        lines: n×3 each. arrays: by name, one number a point, line after line. line_arrays: one
            number a line.

    Raises:
        InputError: an array of another length.
    """
    points = np.concatenate([np.zeros((0, 3)), *lines])
    ends = np.cumsum([len(line) for line in lines], dtype=np.int64)
    _write(path, points, "Lines", np.arange(len(points)), ends, arrays, line_arrays)


def _write(
    path: Path,
    points: NDArray[np.float64],
    kind: str,
    corners: NDArray[np.int64],
    ends: NDArray[np.int64],
    arrays: Arrays,
    cell_arrays: Arrays,
) -> None:
    for counted, count in ((arrays, len(points)), (cell_arrays, len(ends))):
        for name, array in counted.items():
            if len(array) != count:
                raise InputError(
                    f"{name} has {len(array)} numbers for {path}",
                    f"it needs {count}, one each",
                    "give as many",
                )
    blocks: list[NDArray[Any]] = []

    def listed(name: str, array: NDArray[Any], components: int = 1) -> str:
        offset = sum(8 + block.nbytes for block in blocks)
        blocks.append(_plain(array))
        return (
            f'<DataArray type="{_TYPES[blocks[-1].dtype.str[1:]]}" Name={quoteattr(name)} '
            f'NumberOfComponents="{components}" format="appended" offset="{offset}"/>\n'
        )

    counts = " ".join(f'NumberOf{k}="{len(ends) if k == kind else 0}"' for k in ("Lines", "Polys"))
    text = (
        '<?xml version="1.0"?>\n'
        '<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n'
        f'<PolyData>\n<Piece NumberOfPoints="{len(points)}" NumberOfVerts="0" '
        f'NumberOfStrips="0" {counts}>\n'
        f"<Points>\n{listed('Points', points, 3)}</Points>\n<{kind}>\n"
        f"{listed('connectivity', corners)}{listed('offsets', ends)}</{kind}>\n"
        f"<PointData>\n{''.join(listed(n, a) for n, a in arrays.items())}</PointData>\n"
        f"<CellData>\n{''.join(listed(n, a) for n, a in cell_arrays.items())}</CellData>\n"
        '</Piece>\n</PolyData>\n<AppendedData encoding="raw">\n_'
    )
    with whole_file(path) as part, part.open("wb") as file:
        file.write(text.encode())
        for block in blocks:
            file.write(block.nbytes.to_bytes(8, "little") + block.tobytes())
        file.write(b"\n</AppendedData>\n</VTKFile>\n")


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    """Give an array a type that VTK has, little-endian."""
    known = array.dtype.str[1:] in _TYPES
    dtype = array.dtype if known else np.dtype("i8" if array.dtype.kind in "biu" else "f8")
    return np.ascontiguousarray(array, dtype=dtype.newbyteorder("<"))
