"""NRRD, .nrrd, and .nhdr beside its data; pynrrd knows the header, we read the values."""

import gzip
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import Block, Encoding, damaged, opened, read_block, write_block
from lumenfield.io.placement import Placement
from lumenfield.io.stored import Format, Stored, cast_to, grid_shape, scalar_type

__all__ = ["FORMAT"]

_TYPES = {
    "int8": ("int8", "signed char", "int8_t"),
    "uint8": ("uint8", "uchar", "unsigned char", "uint8_t"),
    "int16": ("int16", "short", "short int", "signed short", "signed short int", "int16_t"),
    "uint16": ("uint16", "ushort", "unsigned short", "unsigned short int", "uint16_t"),
    "int32": ("int32", "int", "signed int", "int32_t"),
    "uint32": ("uint32", "uint", "unsigned int", "uint32_t"),
    "int64": ("int64", "longlong", "long long", "long long int", "signed long long", "int64_t"),
    "uint64": ("uint64", "ulonglong", "unsigned long long", "unsigned long long int", "uint64_t"),
    "float32": ("float",),
    "float64": ("double",),
}
_ENCODINGS: dict[str, Encoding] = {
    **dict.fromkeys(("raw",), "raw"),
    **dict.fromkeys(("gzip", "gz"), "gzip"),
    **dict.fromkeys(("bzip2", "bz2"), "bzip2"),
    **dict.fromkeys(("text", "txt", "ascii"), "text"),
}
# The sign of each axis of a space in RAS. Where the name says nothing it is LPS: ITK reads and
# writes it so.
_SPACES = {
    **dict.fromkeys(("right-anterior-superior", "ras"), (1, 1, 1)),
    **dict.fromkeys(("left-anterior-superior", "las"), (-1, 1, 1)),
    **dict.fromkeys(("left-posterior-superior", "lps"), (-1, -1, 1)),
    **dict.fromkeys(("", "scanner-xyz", "3d-right-handed"), (-1, -1, 1)),
}
_UNITS_MM = {
    **dict.fromkeys(("", "mm", "millimeter", "millimeters", "millimetre"), 1.0),
    **dict.fromkeys(("um", "micron", "microns", "micrometer", "micrometre"), 0.001),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), 10.0),
    **dict.fromkeys(("m", "meter", "metre"), 1000.0),
}
_IN_TIME = ("time", "list")
_MICRO = ("\u00b5".encode(), "\u03bc".encode(), b"\xb5")
_MOST_HEADER = 2**20


def peek(path: Path) -> Stored:
    """Read the header; of the axes that are not in space, one may be time."""
    header, end = _header(path)
    sizes = [int(size) for size in header["sizes"]]
    columns, lengths = _axes(path, header, len(sizes))
    kept, time = _split(path, header, sizes, columns)
    space, dtype = [sizes[i] for i in kept], _dtype(path, header)
    in_time = [] if time is None else [*[1] * (3 - len(space)), sizes[time]]
    shape = grid_shape(path, space + in_time)
    directions, spacing = np.zeros((3, 3)), np.zeros(3)
    directions[:, : len(kept)] = columns[:, kept[:3]]
    spacing[: len(kept)] = lengths[kept[:3]]
    known = "space directions" in header or "spacings" in header
    placement = Placement.of(directions, spacing, _origin(path, header), known=known)
    block = _block(path, header, end, tuple(sizes), dtype)
    return Stored(path, shape, dtype, placement, partial(_load, block, time, shape))


def write(volume: Volume, path: Path) -> None:
    """Write gzipped values, in RAS; those of a .nhdr go into a .raw.gz beside it.

    A 2-D image is one slice of a 3-D grid, so that its place in space is kept.

    Raises:
        InputError: a type NRRD does not have.
    """
    values = cast_to(volume.values, tuple(_TYPES), path)
    if path.suffix.lower() == ".nhdr":
        data = path.with_suffix(".raw.gz")
        with whole_file(path) as part, whole_file(data) as part_data:
            part.write_text(_text(volume, values, data.name), encoding="utf-8")
            _append(part_data, values)
        return
    with whole_file(path) as part:
        part.write_text(_text(volume, values) + "\n", encoding="utf-8")
        _append(part, values)


FORMAT = Format("NRRD", peek, write)


def _header(path: Path) -> tuple[Mapping[str, Any], int]:
    from nrrd import NRRDError, read_header

    lines, end = _lines(path)
    try:
        with np.errstate(all="raise"):
            header = read_header(lines)
    except (NRRDError, ValueError, IndexError, FloatingPointError) as error:
        raise damaged(path, str(error)) from None
    missing = {"dimension", "sizes", "type", "encoding"} - set(header)
    if missing:
        raise damaged(path, f"its header lacks {', '.join(sorted(missing))}")
    if header["dimension"] != len(header["sizes"]):
        raise damaged(path, "dimension and sizes disagree")
    return header, end


def _lines(path: Path) -> tuple[list[bytes], int]:
    lines: list[bytes] = []
    with opened(path) as file:
        while line := file.readline(_MOST_HEADER).rstrip():
            for sign in _MICRO:
                line = line.replace(sign, b"u")
            lines.append(line)
            if lines[0][:4] != b"NRRD" or file.tell() > _MOST_HEADER:
                break
        if not lines or lines[0][:4] != b"NRRD" or file.tell() > _MOST_HEADER:
            raise damaged(path, "no NRRD header at its start")
        return lines, file.tell()


def _dtype(path: Path, header: Mapping[str, Any]) -> np.dtype[Any]:
    kind = header["type"].lower()
    name = next((name for name, synonyms in _TYPES.items() if kind in synonyms), None)
    if name is None:
        return scalar_type(path, kind)
    endian = header.get("endian", "little" if _encoding(path, header) == "text" else "").lower()
    if endian not in ("little", "big") and np.dtype(name).itemsize > 1:
        raise damaged(path, f"its byte order is {endian or 'missing'}")
    return np.dtype(name).newbyteorder(">" if endian == "big" else "<")


def _encoding(path: Path, header: Mapping[str, Any]) -> Encoding:
    name = header["encoding"].lower()
    if name not in _ENCODINGS:
        raise InputError(
            f"{path} is encoded as {name}", "raw, gzip, bzip2 or text", "save it as one of these"
        )
    return _ENCODINGS[name]


def _axes(
    path: Path, header: Mapping[str, Any], n_axes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Make the 3×n vectors of all axes in RAS, NaN for one that is not in space, and their mm."""
    columns = np.zeros((3, n_axes))
    if "space directions" in header:
        rows = np.asarray(header["space directions"], np.float64)
        if rows.ndim != 2 or len(rows) != n_axes or rows.shape[1] > 3:
            raise damaged(path, "space directions do not fit its axes")
        columns[: rows.shape[1]] = rows.T
        return _to_ras(path, header) * columns, np.ones(n_axes)
    spacings = np.asarray(header.get("spacings", [1.0] * n_axes), np.float64)
    if len(spacings) != n_axes:
        raise damaged(path, "spacings do not fit its axes")
    in_space = np.flatnonzero(~np.isnan(spacings))[:3]
    columns[:, np.isnan(spacings)] = np.nan
    columns[range(len(in_space)), in_space] = 1.0
    factors = _factors(path, header.get("units", []), n_axes)
    return _to_ras(path, header) * columns, spacings * factors


def _to_ras(path: Path, header: Mapping[str, Any]) -> NDArray[np.float64]:
    """Make the 3×1 factors that take the file's space to RAS mm."""
    name = header.get("space", "").lower()
    if name not in _SPACES:
        raise InputError(
            f"{path} lies in space {name}",
            f"known are {', '.join(filter(None, _SPACES))}",
            "mend its space field",
        )
    signs = np.array(_SPACES[name], np.float64)
    return (signs * _factors(path, header.get("space units", []), 3))[:, None]


def _factors(path: Path, units: Sequence[str], count: int) -> NDArray[np.float64]:
    unknown = [unit for unit in units if unit.lower() not in _UNITS_MM]
    if unknown and unknown != ["none"]:
        raise InputError(f"{path} measures in {unknown[0]}", "mm, um, cm or m", "mend its units")
    factors = [_UNITS_MM.get(unit.lower(), 1.0) for unit in units[:count]]
    return np.array(factors + [1.0] * (count - len(factors)))


def _origin(path: Path, header: Mapping[str, Any]) -> NDArray[np.float64]:
    origin, given = np.zeros(3), header.get("space origin", ())
    origin[: len(given[:3])] = given[:3]
    return _to_ras(path, header)[:, 0] * origin


def _split(
    path: Path, header: Mapping[str, Any], sizes: Sequence[int], columns: NDArray[np.float64]
) -> tuple[list[int], int | None]:
    """Pick the axes that lie in space, and the one that is time; others must have one voxel."""
    outside = [bool(np.isnan(column).all()) for column in columns.T]
    kinds = [*header.get("kinds", []), *["unknown"] * len(sizes)]
    long = [i for i in range(len(sizes)) if outside[i] and sizes[i] != 1]
    time = long[0] if len(long) == 1 and kinds[long[0]].lower() in _IN_TIME else None
    if long and time is None:
        raise InputError(
            f"{path} is {'×'.join(map(str, sizes))}, its axis {long[0]} of kind {kinds[long[0]]}",
            "a scan has two or three axes in space, perhaps time, and one number a voxel",
            "take one channel of it",
        )
    return [i for i in range(len(sizes)) if not outside[i]], time


def _load(block: Block, time: int | None, shape: tuple[int, ...]) -> NDArray[Any]:
    """Read the values, with time as the last axis."""
    values = read_block(block)
    return (values if time is None else np.moveaxis(values, time, -1)).reshape(shape)


def _block(
    path: Path,
    header: Mapping[str, Any],
    end: int,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
) -> Block:
    name = header.get("data file", header.get("datafile"))
    if name is not None and (name.startswith("LIST") or "%" in name):
        raise InputError(
            f"{path} has its values in many files", "one is needed", "save it as one .nrrd"
        )
    lines = header.get("line skip", header.get("lineskip", 0))
    skip = header.get("byte skip", header.get("byteskip", 0))
    encoding = _encoding(path, header)
    if lines < 0 or skip < (-1 if encoding == "raw" else 0):
        raise damaged(path, f"it is to skip {lines} lines and {skip} bytes")
    data, at = (path, end) if name is None else (path.parent / name, 0)
    return Block(data, shape, dtype, encoding, _after_lines(data, at, lines), skip)


def _after_lines(data: Path, at: int, lines: int) -> int:
    if lines == 0:
        return at
    with opened(data) as file:
        file.seek(at)
        while lines and file.readline():
            lines -= 1
        return file.tell()


def _text(volume: Volume, values: NDArray[Any], data: str | None = None) -> str:
    fields = {
        "type": _TYPES[values.dtype.name][0],
        "dimension": 3,
        "space": "right-anterior-superior",
        "sizes": " ".join(map(str, (*volume.shape, 1)[:3])),
        "space directions": " ".join(map(_vector, volume.affine[:3, :3].T)),
        "kinds": "domain domain domain",
        "endian": "little",
        "encoding": "gzip",
        "space units": '"mm" "mm" "mm"',
        "space origin": _vector(volume.affine[:3, 3]),
    } | ({"data file": data} if data else {})
    return "NRRD0005\n" + "".join(f"{name}: {value}\n" for name, value in fields.items())


def _vector(numbers: NDArray[np.float64]) -> str:
    return f"({','.join(repr(float(number)) for number in numbers)})"


def _append(part: Path, values: NDArray[Any]) -> None:
    # No name and no time inside, so that the same volume gives the same bytes.
    with (
        part.open("ab") as file,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=file, mtime=0) as packed,
    ):
        write_block(packed, values)
