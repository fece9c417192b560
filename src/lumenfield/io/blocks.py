"""Grids of values as bytes on disk; separate so that no header can make any reader overrun."""

import bz2
import gzip
import io
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io.zlib_stream import Inflated

__all__ = [
    "LIMIT_BYTES",
    "Block",
    "Encoding",
    "damaged",
    "opened",
    "read_block",
    "read_stream",
    "refuse_overrun",
    "write_block",
]

Encoding = Literal["raw", "gzip", "zlib", "bzip2", "text"]

LIMIT_BYTES = 64 * 2**30

# The most that one byte on disk can stand for: deflate's bound, bzip2's block of zeros in 40 bytes,
# and a digit with a space for eight bytes.
_MOST_PER_BYTE = {"raw": 1, "gzip": 1040, "zlib": 1040, "bzip2": 2_000_000, "text": 8}
_CHUNK = 2**22

_MAPPED_BYTES = 2**27
"""Plain values from here on are not read but mapped: the system reads what is used, and forgets."""


@dataclass(frozen=True, eq=False)
class Block:
    """Where a grid of values lies in a file, and how.

    Args:
        at: bytes of the file before the encoded data.
        skip: decoded bytes before the first value; -1 if raw values are the last of the file.
        order: "F" if the first axis varies fastest.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    encoding: Encoding = "raw"
    at: int = 0
    skip: int = 0
    order: Literal["C", "F"] = "F"

    @property
    def n_bytes(self) -> int:
        """Length once decoded."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_block(block: Block) -> NDArray[Any]:
    """Read the values of a block, in its own type and byte order.

    Large plain ones are only mapped, and cannot be written to.

    Raises:
        InputError: it asks for more than 64 GiB, more than the file or the memory holds, or the
            data is damaged.
    """
    with opened(block.path) as file:
        length = os.fstat(file.fileno()).st_size
        if block.skip == -1 and block.encoding == "raw":
            block = replace(block, at=max(0, length - block.n_bytes), skip=0)
        refuse_overrun(block, length - block.at)
        first = block.at + block.skip
        if block.encoding == "raw" and _MAPPED_BYTES <= block.n_bytes <= length - first:
            return np.memmap(file, block.dtype, "r", first, block.shape, block.order)
        file.seek(block.at)
        if block.encoding == "text":
            flat = _from_text(block, file.read())
            return flat.reshape(block.shape, order=block.order)
        with _decoded(file, block.encoding) as stream:
            values = read_stream(block, stream)
            stream.read(1)  # at its end a decompressor compares the checksum
            return values


def read_stream(block: Block, stream: io.BufferedIOBase | IO[bytes]) -> NDArray[Any]:
    """Read the values of a block from where a stream stands, and nothing beyond them.

    Raises:
        InputError: the stream ends early, or memory does not hold it.
    """
    try:
        values = np.empty(block.n_bytes, np.uint8)
    except MemoryError:
        raise InputError(
            f"{block.path} needs {block.n_bytes / 2**30:.1f} GiB",
            "it must fit in memory",
            "crop the scan, or use a machine with more",
        ) from None
    # A member of a zip fills a buffer as any binary file does, and is typed as less.
    source = cast(io.BufferedIOBase, stream)
    _fill(block, source, memoryview(bytearray(min(block.skip, _CHUNK))), block.skip)
    _fill(block, source, values.data, block.n_bytes)
    return values.view(block.dtype).reshape(block.shape, order=block.order)


def write_block(
    stream: io.BufferedIOBase, values: NDArray[Any], *, byte_order: Literal["<", ">"] = "<"
) -> None:
    """Write values, first axis fastest, one slab at a time to spare memory."""
    dtype = values.dtype.newbyteorder(byte_order)
    for slab in np.moveaxis(values, -1, 0):
        stream.write(np.ascontiguousarray(slab.T, dtype=dtype).data)


def refuse_overrun(block: Block, room: int) -> None:
    """Refuse a block that says it is larger than the `room` bytes on disk can stand for.

    Raises:
        InputError: it does, or it is larger than 64 GiB.
    """
    size = "×".join(map(str, block.shape))
    asked = f"{block.path} says it holds {size} values of {block.dtype.name}"
    if block.n_bytes > LIMIT_BYTES:
        raise InputError(
            f"{asked}, {block.n_bytes / 2**30:.0f} GiB",
            f"at most {LIMIT_BYTES // 2**30} GiB can be read",
            "mend the header, or crop the scan",
        )
    if block.n_bytes + block.skip > room * _MOST_PER_BYTE[block.encoding] + 8:
        raise InputError(f"{asked}", f"{max(room, 0)} bytes are there", "copy or make it again")


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file to read, and explain what the disk or a decompressor then objects to.

    Raises:
        InputError: missing, a folder, closed to us, empty, or damaged.
    """
    try:
        _refuse_absent(path)
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise InputError(f"{path} is empty", "a file with data", "copy or make it again")
            yield file
    except (OSError, EOFError, zlib.error) as error:
        number = getattr(error, "errno", None)
        if number is None:
            raise damaged(path, str(error)) from error
        raise InputError(
            f"{path}: {os.strerror(number)}",
            "a file open to you is needed",
            "check its permissions",
        ) from error


def damaged(path: Path, why: str) -> InputError:
    """Say that a file is not what it should be."""
    name = path.name.partition(".")[2]
    return InputError(
        f"{path} is damaged or not what its name says ({why})",
        f"a sound .{name} file is needed" if name else "a sound file is needed",
        "copy or make it again, or correct its suffix",
    )


def _refuse_absent(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{path} is a folder", "one file is needed", "name a file in it")
    if not path.exists():
        raise InputError(f"{path} does not exist", "a file to read is needed", "check the path")
    if not path.is_file():
        raise InputError(f"{path} is a device or pipe", "a plain file is needed", "save it first")


def _fill(block: Block, stream: io.BufferedIOBase, view: memoryview, count: int) -> None:
    """Read `count` bytes into a view, over and over where the view is shorter."""
    done = 0
    while done < count:
        start = done % len(view)
        stop = min(start + _CHUNK, start + count - done, len(view))
        got = stream.readinto(view[start:stop])
        if not got:
            missing = f"its data ends {count - done} bytes early"
            raise InputError(f"{block.path}: {missing}", "all of it", "copy or make it again")
        done += got


def _from_text(block: Block, text: bytes) -> NDArray[Any]:
    count = math.prod(block.shape)
    try:
        with np.errstate(over="ignore"):
            values = np.array(text.split()[:count]).astype(block.dtype)
    except (ValueError, OverflowError) as error:
        raise damaged(block.path, str(error)) from None
    if len(values) < count:
        raise damaged(block.path, f"{len(values)} of {count} numbers")
    return values


def _decoded(file: io.BufferedIOBase, encoding: Encoding) -> io.BufferedIOBase:
    if encoding == "gzip":
        return gzip.GzipFile(fileobj=file, mode="rb")
    if encoding == "bzip2":
        return bz2.BZ2File(file, "rb")
    if encoding == "zlib":
        return io.BufferedReader(Inflated(file), _CHUNK)
    return file
