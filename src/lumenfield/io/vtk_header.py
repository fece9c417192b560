"""What stands between the values of a legacy VTK file; separate from what is made of them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io.blocks import Block, damaged, opened, read_block

__all__ = ["TYPES", "Field", "Header", "read_header"]

TYPES = {
    "unsigned_char": "uint8",
    "signed_char": "int8",
    "char": "int8",
    "short": "int16",
    "unsigned_short": "uint16",
    "int": "int32",
    "unsigned_int": "uint32",
    "vtktypeint64": "int64",
    "vtkidtype": "int64",
    "long": "int64",  # eight bytes everywhere but on Windows
    "vtktypeuint64": "uint64",
    "unsigned_long": "uint64",
    "float": "float32",
    "double": "float64",
}

_COMPONENTS = {"VECTORS": 3, "NORMALS": 3, "TENSORS": 9, "TENSORS6": 6}
_MOST_LINE = 2**16
_MOST_ARRAYS = 1000


@dataclass(frozen=True, eq=False)
class Field:
    """Where the values of an array lie.

    Args:
        count: of tuples, each of `components` numbers.
    """

    at: int
    count: int
    components: int
    dtype: np.dtype[Any]
    text: bool

    def block(self, path: Path, shape: tuple[int, ...], skip: int = 0) -> Block:
        """Say how to read `shape` numbers, after `skip` of them."""
        if self.text:
            return Block(path, shape, self.dtype, "text", self.at)
        return Block(path, shape, self.dtype, "raw", self.at + skip * self.dtype.itemsize)


@dataclass(frozen=True, eq=False)
class Header:
    """Everything but the values.

    Args:
        sizes: points along three axes.
        spacing: None if the file has points instead, or does not say.
        affine: one that we wrote beside the points.
        arrays: point arrays by name.
    """

    kind: str
    sizes: tuple[int, ...] = ()
    spacing: tuple[float, ...] | None = None
    origin: tuple[float, ...] = (0.0, 0.0, 0.0)
    affine: NDArray[np.float64] | None = None
    points: Field | None = None
    arrays: dict[str, Field] = field(default_factory=dict)


def read_header(path: Path) -> Header:
    """Read a legacy file, passing over the values.

    Raises:
        InputError: damaged, or a data set that is no grid of voxels.
    """
    with opened(path) as file:
        try:
            return _started(path, file).header()
        except (ValueError, IndexError, OverflowError) as error:
            if isinstance(error, InputError):
                raise
            raise damaged(path, f"its header: {error}") from None


def _started(path: Path, file: BufferedReader) -> "_Reader":
    """Read the three lines that every file begins with."""
    lines = [file.readline(_MOST_LINE).decode("latin-1").strip() for _ in range(3)]
    if not lines[0].lower().startswith("# vtk datafile"):
        raise damaged(path, "it does not begin as .vtk files do")
    if lines[2].upper() not in ("ASCII", "BINARY"):
        raise damaged(path, "it is neither ASCII nor BINARY")
    return _Reader(path, file, text=lines[2].upper() == "ASCII")


@dataclass(frozen=True, eq=False)
class _Reader:
    """Goes through a file once, line by line in its header and jumping over values."""

    path: Path
    file: BufferedReader
    text: bool

    def header(self) -> Header:
        """Read from the fourth line to the end."""
        words = next(self._lines(), ["", ""])
        if words[0].upper() != "DATASET" or len(words) < 2:
            raise damaged(self.path, "no DATASET in it")
        kind = words[1].upper()
        if kind not in ("STRUCTURED_POINTS", "STRUCTURED_GRID"):
            raise InputError(
                f"{self.path} holds {kind.lower().replace('_', ' ')}",
                "a scan is structured points or a structured grid",
                "resample it to image data first",
            )
        header, where, n_points = Header(kind), "", 0
        for words in self._lines():
            name = words[0].upper()
            if name in ("POINT_DATA", "CELL_DATA"):
                where, n_points = name, int(words[1])
            elif where:
                self._add(header, where == "POINT_DATA", n_points, words)
            else:
                header = self._geometry(header, words)
        self._check(header)
        return header

    def _geometry(self, header: Header, words: list[str]) -> Header:
        name, numbers = words[0].upper(), words[1:4]
        if name == "DIMENSIONS":
            return replace(header, sizes=tuple(int(word) for word in numbers))
        if name in ("SPACING", "ASPECT_RATIO"):
            return replace(header, spacing=tuple(float(word) for word in numbers))
        if name == "ORIGIN":
            return replace(header, origin=tuple(float(word) for word in numbers))
        if name == "POINTS":
            return replace(header, points=self._field(int(words[1]), 3, words[2]))
        if name == "FIELD":
            fields = self._fields(int(words[2]))
            return replace(header, affine=self._affine(fields.get("affine")))
        if name == "METADATA":
            self._skip_metadata()
        return header

    def _add(self, header: Header, keep: bool, count: int, words: list[str]) -> None:
        """Note the arrays of one attribute."""
        name, found = words[0].upper(), dict[str, Field]()
        if name == "SCALARS":
            components = int(words[3]) if len(words) > 3 else 1
            self._lookup_table()
            found[words[1]] = self._field(count, components, words[2])
        elif name in _COMPONENTS:
            found[words[1]] = self._field(count, _COMPONENTS[name], words[2])
        elif name == "COLOR_SCALARS":
            kind = "float" if self.text else "unsigned_char"
            found[words[1]] = self._field(count, int(words[2]), kind)
        elif name == "TEXTURE_COORDINATES":
            found[words[1]] = self._field(count, int(words[2]), words[3])
        elif name == "LOOKUP_TABLE":
            self._field(int(words[2]), 4, "float" if self.text else "unsigned_char")
        elif name == "FIELD":
            found = self._fields(int(words[2]))
        elif name == "METADATA":
            self._skip_metadata()
        else:
            raise damaged(self.path, f"an attribute {words[0][:40]!r}")
        if keep:
            header.arrays.update({n: f for n, f in found.items() if f.count == count})

    def _fields(self, n_arrays: int) -> dict[str, Field]:
        found: dict[str, Field] = {}
        lines = self._lines()
        while len(found) < min(n_arrays, _MOST_ARRAYS):
            words = next(lines, [])
            if words[:1] == ["METADATA"]:
                self._skip_metadata()
                continue
            name, components, count, kind = words
            found[name] = self._field(int(count), int(components), kind)
        return found

    def _field(self, count: int, components: int, kind: str) -> Field:
        if kind.lower() not in TYPES:
            raise damaged(self.path, f"values of type {kind[:40]}")
        if count < 0 or components < 1:
            raise damaged(self.path, f"{count} tuples of {components} numbers")
        dtype = np.dtype(TYPES[kind.lower()]).newbyteorder("=" if self.text else ">")
        found = Field(self.file.tell(), count, components, dtype, self.text)
        self._skip(found)
        return found

    def _skip(self, found: Field) -> None:
        count = found.count * found.components
        if not self.text:
            self.file.seek(found.at + count * found.dtype.itemsize)
            return
        while count > 0:
            line = self.file.readline()
            if not line:
                raise damaged(self.path, f"{count} numbers are missing")
            count -= len(line.split())

    def _affine(self, found: Field | None) -> NDArray[np.float64] | None:
        if found is None or (found.count, found.components) != (4, 4):
            return None
        block = found.block(self.path, (4, 4))
        return read_block(replace(block, order="C")).astype(np.float64)

    def _lookup_table(self) -> None:
        """Pass over the line that may stand between a name and its values."""
        at = self.file.tell()
        if not self._line().upper().startswith("LOOKUP_TABLE"):
            self.file.seek(at)

    def _skip_metadata(self) -> None:
        while self._line().strip():
            pass

    def _lines(self) -> Iterator[list[str]]:
        """Give the words of each line that has any."""
        while line := self._line():
            if words := line.split():
                yield words

    def _line(self) -> str:
        return self.file.readline(_MOST_LINE).decode("latin-1")

    def _check(self, header: Header) -> None:
        total = math.prod(header.sizes)
        if len(header.sizes) != 3 or min(header.sizes) < 1:
            raise damaged(self.path, f"its dimensions are {header.sizes}")
        if {len(header.spacing or header.origin), len(header.origin)} != {3}:
            raise damaged(self.path, "its spacing or origin has less than three numbers")
        if header.kind == "STRUCTURED_GRID" and header.points is None:
            raise damaged(self.path, "a structured grid without points")
        wrong = [f.count for f in header.arrays.values() if f.count != total]
        if wrong or (header.points is not None and header.points.count != total):
            raise damaged(self.path, "its arrays do not fit its dimensions")
