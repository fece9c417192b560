"""MetaImage, .mha in one file and .mhd beside its data; its world is LPS.

Each row of TransformMatrix is the direction of one axis. Nothing asks for right angles between
them, and ITK reads them as they are, so a shear is kept.
"""

from collections.abc import Mapping
from functools import partial
from io import BufferedWriter
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import Block, damaged, opened, read_block, write_block
from lumenfield.io.placement import LPS_TO_RAS, Placement
from lumenfield.io.stored import Format, Stored, cast_to, grid_shape, scalar_type
from lumenfield.io.zlib_stream import Deflated

__all__ = ["FORMAT"]

_TYPES = {
    "MET_CHAR": "int8",
    "MET_UCHAR": "uint8",
    "MET_SHORT": "int16",
    "MET_USHORT": "uint16",
    "MET_INT": "int32",
    "MET_UINT": "uint32",
    "MET_LONG_LONG": "int64",
    "MET_ULONG_LONG": "uint64",
    "MET_FLOAT": "float32",
    "MET_DOUBLE": "float64",
    "MET_LONG": "int32",  # four bytes on every machine
    "MET_ULONG": "uint32",
}
_NAMES = {dtype: name for name, dtype in reversed(_TYPES.items())}
_UNITS_MM = {"?": 1.0, "mm": 1.0, "um": 0.001, "cm": 10.0}
_MATRIX = ("TransformMatrix", "Rotation", "Orientation")
_SPACING = ("ElementSpacing", "ElementSize")
_ORIGIN = ("Offset", "Position", "Origin")
_MOST_HEADER = 2**16
_DIGITS = 12

Number = TypeVar("Number", int, float)


def peek(path: Path) -> Stored:
    """Read the header up to ElementDataFile, which ends it."""
    header, end = _header(path)
    _refuse_other_kinds(path, header)
    sizes = _numbers(path, header, ("DimSize",), int)
    if len(sizes) != _whole(path, header, "NDims", len(sizes)):
        raise damaged(path, "NDims and DimSize disagree")
    shape, dtype = grid_shape(path, sizes), _dtype(path, header)
    block = _block(path, header, end, shape, dtype)
    placement = _placement(path, header, len(sizes))
    return Stored(path, shape, dtype, placement, partial(read_block, block))


def write(volume: Volume, path: Path) -> None:
    """Write .mha compressed, .mhd with plain values in a .raw beside it.

    A 2-D image is one slice of a 3-D grid, so that its place in space is kept.

    Raises:
        InputError: a type MetaImage does not have.
    """
    values = cast_to(volume.values, tuple(_NAMES), path)
    if path.suffix.lower() == ".mhd":
        data = path.with_suffix(".raw")
        with whole_file(path) as part, whole_file(data) as part_data:
            part.write_text(_text(volume, values, data.name), encoding="utf-8")
            with part_data.open("wb") as file:
                write_block(file, values)
        return
    with whole_file(path) as part, part.open("wb") as file:
        _write_packed(file, _text(volume, values, "LOCAL"), values)


FORMAT = Format("MetaImage", peek, write)


def _header(path: Path) -> tuple[dict[str, str], int]:
    header: dict[str, str] = {}
    with opened(path) as file:
        while "ElementDataFile" not in header:
            line = file.readline(_MOST_HEADER)
            key, equals, value = line.decode("utf-8", "surrogateescape").partition("=")
            if not equals or file.tell() > _MOST_HEADER:
                raise damaged(path, "no header of lines like NDims = 3, up to ElementDataFile")
            header[key.strip()] = value.strip()
        return header, file.tell()


def _refuse_other_kinds(path: Path, header: Mapping[str, str]) -> None:
    if header.get("ObjectType", "Image") != "Image":
        raise InputError(f"{path} holds a {header['ObjectType']}", "an image", "take another file")
    channels = _whole(path, header, "ElementNumberOfChannels", 1)
    if channels != 1:
        raise InputError(
            f"{path} has {channels} channels",
            "one number a voxel is needed",
            "take one channel of it, or save it in grey",
        )


def _dtype(path: Path, header: Mapping[str, str]) -> np.dtype[Any]:
    name = header.get("ElementType", "none")
    if name not in _TYPES:
        return scalar_type(path, name)
    big = _true(header, "BinaryDataByteOrderMSB") or _true(header, "ElementByteOrderMSB")
    return np.dtype(_TYPES[name]).newbyteorder(">" if big else "<")


def _block(
    path: Path, header: Mapping[str, str], end: int, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Block:
    name, skip = header["ElementDataFile"], _whole(path, header, "HeaderSize", 0)
    if name.startswith("LIST") or "%" in name:
        raise InputError(
            f"{path} has its values in many files", "one is needed", "save it as one .mha"
        )
    data, at = (path, end) if name.upper() == "LOCAL" else (path.parent / name, 0)
    if not _true(header, "BinaryData", otherwise="True"):
        return Block(data, shape, dtype, encoding="text", at=at)
    if _true(header, "CompressedData"):
        return Block(data, shape, dtype, encoding="zlib", at=at)
    return Block(data, shape, dtype, at=at, skip=max(skip, -1))


def _placement(path: Path, header: Mapping[str, str], n_axes: int) -> Placement:
    unit = header.get("DistanceUnits", "?").lower()
    if unit not in _UNITS_MM:
        raise InputError(f"{path} measures in {unit}", "mm, um or cm", "mend DistanceUnits")
    spacing = _numbers(path, header, _SPACING, float, n_axes)
    origin = _numbers(path, header, _ORIGIN, float, n_axes)
    matrix = _numbers(path, header, _MATRIX, float, n_axes**2)
    k = min(n_axes, 3)
    directions, sizes, offset = np.zeros((3, 3)), np.ones(3), np.zeros(3)
    directions[:k, :k] = np.reshape(matrix, (n_axes, -1))[:k, :k].T if matrix else np.eye(k)
    sizes[: len(spacing)] = spacing[:3]
    offset[: len(origin)] = origin[:3]
    with np.errstate(all="ignore"):
        sizes, offset = sizes * _UNITS_MM[unit], LPS_TO_RAS @ offset * _UNITS_MM[unit]
        return Placement.of(LPS_TO_RAS @ directions, sizes, offset, known=bool(spacing))


def _numbers(
    path: Path,
    header: Mapping[str, str],
    names: tuple[str, ...],
    kind: type[Number],
    count: int | None = None,
) -> list[Number]:
    """Read the first of these fields that is there; without any, nothing."""
    name = next((name for name in names if name in header), None)
    if name is None:
        return []
    try:
        numbers = [kind(word) for word in header[name].split()]
    except ValueError:
        raise damaged(path, f"{name} is {header[name]!r}") from None
    if count is not None and len(numbers) != count:
        raise damaged(path, f"{name} has {len(numbers)} numbers instead of {count}")
    return numbers


def _whole(path: Path, header: Mapping[str, str], name: str, otherwise: int) -> int:
    numbers = _numbers(path, header, (name,), int, 1)
    return numbers[0] if numbers else otherwise


def _true(header: Mapping[str, str], name: str, otherwise: str = "False") -> bool:
    return header.get(name, otherwise).lower() in ("true", "t", "1")


def _write_packed(file: BufferedWriter, text: str, values: NDArray[Any]) -> None:
    """Write header and compressed values; ITK needs their length, which is known at the end."""
    before, field, after = text.partition("CompressedDataSize = ")
    file.write(f"{before}{field}{'':{_DIGITS}}{after}".encode())
    start = file.tell()
    with Deflated(file) as packed:
        write_block(packed, values)
    length = file.tell() - start
    file.seek(len(before + field))
    file.write(f"{length:0{_DIGITS}}".encode())


def _text(volume: Volume, values: NDArray[Any], data: str) -> str:
    columns = LPS_TO_RAS @ volume.affine[:3, :3]
    spacing = np.linalg.norm(columns, axis=0)
    fields = {
        "ObjectType": "Image",
        "NDims": 3,
        "BinaryData": True,
        "BinaryDataByteOrderMSB": False,
        "CompressedData": data == "LOCAL",
        **({"CompressedDataSize": ""} if data == "LOCAL" else {}),
        "TransformMatrix": _words((columns / spacing).T.ravel()),
        "Offset": _words(LPS_TO_RAS @ volume.affine[:3, 3]),
        "ElementSpacing": _words(spacing),
        "DimSize": " ".join(map(str, (*volume.shape, 1)[:3])),
        "ElementType": _NAMES[values.dtype.name],
        "ElementDataFile": data,
    }
    return "".join(f"{name} = {value}\n" for name, value in fields.items())


def _words(numbers: NDArray[np.float64]) -> str:
    return " ".join(repr(float(number)) for number in numbers)
