"""MATLAB files of versions 5 to 7, read by our own hand.

Separate from version 7.3, which is HDF5. SciPy reads these files too, but a damaged one ends the
whole process there; and here the header of a variable is read without its values.

Source: MAT-File Format, The MathWorks, R2023b.
"""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedIOBase, BufferedReader, BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io.blocks import Block, damaged, opened, read_stream, refuse_overrun
from lumenfield.io.zlib_stream import Inflated

__all__ = ["Variable", "encoded_images", "read_array", "variables"]

_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8"}
_STORED |= {12: "i8", 13: "u8", 16: "u1", 17: "u2", 18: "u4"}
_MATRIX, _COMPRESSED = 14, 15
_CLASSES = {
    **{1: "cell", 2: "struct", 3: "object", 4: "char", 5: "sparse", 6: "float64", 7: "float32"},
    **{8: "int8", 9: "uint8", 10: "int16", 11: "uint16", 12: "int32", 13: "uint32"},
    **{14: "int64", 15: "uint64"},
}
_COMPLEX = 0x0800
_MOST_WORDS = 2**16  # bytes of dimensions, a name, or all names of fields
_CHUNK = 2**20


@dataclass(frozen=True)
class Variable:
    """What stands before the values of a variable.

    Args:
        kind: of the values, as NumPy names it; or "struct", "cell", "char" and so on.
        at: where in the file its element begins.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    is_complex: bool = False
    at: int = 0


def variables(path: Path) -> list[Variable]:
    """Read the headers of all variables.

    Raises:
        InputError: damaged, or a file of version 4.
    """
    found = []
    with opened(path) as file:
        order, length = _byte_order(path, file), os.fstat(file.fileno()).st_size
        at = 128
        while at + 8 <= length:
            file.seek(at)
            kind, size = _Tag.read(path, file, order).words
            with _element(path, file, at, order) as reader:
                found.append(reader.header(at))
            at += 8 + size if kind == _COMPRESSED else 8 + _padded(size)
    return found


def read_array(path: Path, variable: Variable) -> NDArray[Any]:
    """Read the values of a variable of numbers or letters; letters become one text.

    Raises:
        InputError: damaged.
    """
    with _at(path, variable) as reader:
        return reader.values(reader.header(variable.at))


def encoded_images(path: Path, variable: Variable, which: slice) -> list[NDArray[Any]]:
    """Read some fields of a 1×1 struct, by place.

    Raises:
        InputError: damaged; or one of these fields holds no numbers.
    """
    with _at(path, variable) as reader:
        reader.header(variable.at)
        n_fields = reader.count_fields()
        images: list[NDArray[Any]] = []
        for place in range(n_fields)[: which.stop]:
            if place < which.start:
                reader.skip_element()
            else:
                images.append(reader.values(reader.nested()))
        return images


@dataclass(frozen=True)
class _Tag:
    """Type and length of an element; a short one has its data inside."""

    words: tuple[int, int]
    inside: bytes | None = None

    @classmethod
    def read(cls, path: Path, stream: BufferedIOBase, order: str) -> "_Tag":
        data = _exactly(path, stream, 8)
        first, second = (int(word) for word in np.frombuffer(data, f"{order}u4"))
        if first >> 16:
            if first >> 16 > 4:
                raise damaged(path, "a short element longer than four bytes")
            return cls((first & 0xFFFF, first >> 16), data[4 : 4 + (first >> 16)])
        return cls((first, second))


@dataclass(frozen=True, eq=False)
class _Reader:
    """Reads one element after the other from a stream that only goes forward.

    Args:
        room: bytes that what is read can come from, once unpacked.
    """

    path: Path
    stream: BufferedIOBase
    order: str
    room: int

    def header(self, at: int = 0) -> Variable:
        """Read flags, dimensions and name."""
        flags, sizes = self._integers(), self._integers()
        name = self._small().decode("latin-1")
        shape = tuple(int(size) for size in sizes)
        if len(flags) < 1 or not shape or min(shape) < 0:
            raise damaged(self.path, "a variable without flags or dimensions")
        kind = _CLASSES.get(int(flags[0]) & 0xFF, "unknown")
        return Variable(name, shape, kind, bool(int(flags[0]) & _COMPLEX), at)

    def nested(self) -> Variable:
        """Enter the variable of a field."""
        kind, size = _Tag.read(self.path, self.stream, self.order).words
        if kind != _MATRIX or size == 0:
            raise damaged(self.path, "an image that is missing")
        return self.header()

    def values(self, variable: Variable) -> NDArray[Any]:
        """Read the values that follow a header."""
        if variable.kind == "char":
            letters = self._numbers(variable.shape)
            return np.array("".join(chr(letter) for letter in letters.ravel(order="F")[:64]))
        try:
            kind = np.dtype(variable.kind)
        except TypeError:
            raise InputError(
                f"{self.path} has {variable.name or 'a field'} of type {variable.kind}",
                "an array of numbers is needed",
                "save the magnitude as an array by itself",
            ) from None
        with np.errstate(all="ignore"):
            values = self._numbers(variable.shape).astype(kind, copy=False)
            if not variable.is_complex:
                return values
            imaginary = self._numbers(variable.shape).astype(kind, copy=False)
            return np.asarray(values + 1j * imaginary)

    def count_fields(self) -> int:
        """Read how long names are, and all names."""
        length = self._integers()
        names = self._small()
        if len(length) != 1 or not 0 < length[0] <= _MOST_WORDS:
            raise damaged(self.path, "a struct without names of fields")
        return len(names) // int(length[0])

    def skip_element(self) -> None:
        """Pass over an element."""
        tag = _Tag.read(self.path, self.stream, self.order)
        if tag.inside is None:
            _skip(self.path, self.stream, _padded(tag.words[1]))

    def _integers(self) -> NDArray[np.int32]:
        data = self._small()
        if len(data) % 4:
            raise damaged(self.path, f"{len(data)} bytes of flags or dimensions")
        return np.frombuffer(data, f"{self.order}i4")

    def _small(self) -> bytes:
        tag = _Tag.read(self.path, self.stream, self.order)
        if tag.inside is not None:
            return tag.inside
        size = tag.words[1]
        if size > _MOST_WORDS:
            raise damaged(self.path, f"a name or shape of {size} bytes")
        return _exactly(self.path, self.stream, _padded(size))[:size]

    def _numbers(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """Read numbers, which may be stored in a smaller type than their own."""
        tag = _Tag.read(self.path, self.stream, self.order)
        kind, size = tag.words
        if kind not in _STORED:
            raise damaged(self.path, f"values of type {kind}")
        block = Block(self.path, shape, np.dtype(self.order + _STORED[kind]))
        if size != block.n_bytes:
            raise damaged(self.path, f"{size} bytes for {math.prod(shape)} values")
        if tag.inside is not None:
            return read_stream(block, BytesIO(tag.inside))
        refuse_overrun(block, self.room)
        values = read_stream(block, self.stream)
        _skip(self.path, self.stream, _padded(size) - size)
        return values


def _byte_order(path: Path, file: BufferedReader) -> str:
    mark = file.read(128)[126:]
    if mark not in (b"IM", b"MI"):
        raise damaged(path, "no MATLAB header; version 4 is to be saved again with `save -v7`")
    return "<" if mark == b"IM" else ">"


@contextmanager
def _at(path: Path, variable: Variable) -> Iterator[_Reader]:
    with opened(path) as file:
        order = _byte_order(path, file)
        with _element(path, file, variable.at, order) as reader:
            yield reader


@contextmanager
def _element(path: Path, file: BufferedReader, at: int, order: str) -> Iterator[_Reader]:
    """Enter the variable whose element begins at a place, packed or not."""
    length = os.fstat(file.fileno()).st_size
    file.seek(at)
    kind, size = _Tag.read(path, file, order).words
    if at + 8 + size > length:
        raise damaged(path, f"it ends {at + 8 + size - length} bytes early")
    stream: BufferedIOBase = file
    if kind == _COMPRESSED:
        stream = BufferedReader(Inflated(file), _CHUNK)
        kind, _ = _Tag.read(path, stream, order).words
        length *= 1040
    if kind != _MATRIX:
        raise damaged(path, f"an element of type {kind} where a variable should be")
    yield _Reader(path, stream, order, length)


def _padded(size: int) -> int:
    return -(-size // 8) * 8


def _exactly(path: Path, stream: BufferedIOBase, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise damaged(path, f"it ends {count - len(data)} bytes early")
    return data


def _skip(path: Path, stream: BufferedIOBase, count: int) -> None:
    while count > 0:
        _exactly(path, stream, min(count, _CHUNK))
        count -= _CHUNK
