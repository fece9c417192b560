"""How VTK's XML files hold their numbers: text, base64 or appended bytes, packed or not.

Separate because the same nine ways serve every kind of data set.
"""

import base64
import binascii
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io.blocks import Block, damaged, opened, read_block, refuse_overrun

__all__ = ["TYPES", "Document", "Element", "numbers", "open_document", "read_array"]

Element = ElementTree.Element

Kind = Literal["ImageData", "StructuredGrid", "PolyData"]

TYPES = {
    **{f"{sign}Int{bits}": f"{sign.lower()}int{bits}" for sign in ("", "U") for bits in (8, 16)},
    **{f"{sign}Int{bits}": f"{sign.lower()}int{bits}" for sign in ("", "U") for bits in (32, 64)},
    "Float32": "float32",
    "Float64": "float64",
}

_HEADER_BYTES = 2**20
_ROOM = 2**16  # what packing may add to values that do not pack
_UNPACK: dict[str, Callable[[bytes, int], bytes]] = {
    "vtkZLibDataCompressor": lambda data, most: zlib.decompressobj().decompress(data, most),
    "vtkLZMADataCompressor": lambda data, most: lzma.LZMADecompressor().decompress(data, most),
}


@dataclass(frozen=True, eq=False)
class Document:
    """A file without its appended values.

    Args:
        grid: the element of the data set.
        start: byte of the file where appended values begin; 0 without any.
    """

    path: Path
    kind: Kind
    grid: Element
    big_endian: bool
    length_type: np.dtype[Any]
    compressor: str | None
    start: int
    base64: bool


def open_document(
    path: Path,
    kinds: tuple[Kind, ...] = ("ImageData", "StructuredGrid"),
    needed: str = "a scan is ImageData or a StructuredGrid",
) -> Document:
    """Read all but the appended values.

    Args:
        kinds: data sets to take. needed: what to say of another.

    Raises:
        InputError: damaged, or a data set of another kind.
    """
    text, start = _split(path)
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise damaged(path, str(error)) from None
    compressor = root.get("compressor")
    kind = next((known for known in kinds if known == root.get("type")), None)
    grid = None if kind is None else root.find(kind)
    if kind is None or grid is None:
        raise InputError(
            f"{path} holds {root.get('type') if root.tag == 'VTKFile' else root.tag}",
            needed,
            "resample it to image data first" if "ImageData" in kinds else "convert it first",
        )
    if compressor not in (None, *_UNPACK):
        raise InputError(f"{path} is packed by {compressor}", "zlib or lzma", "save it with zlib")
    appended = root.find("AppendedData")
    big = root.get("byte_order") == "BigEndian"
    length = "u8" if root.get("header_type") == "UInt64" else "u4"
    return Document(
        path,
        kind,
        grid,
        big,
        np.dtype(length).newbyteorder(">" if big else "<"),
        compressor,
        start,
        appended is not None and appended.get("encoding") == "base64",
    )


def numbers(path: Path, text: str, count: int) -> NDArray[np.float64]:
    """Read the numbers of an attribute.

    Raises:
        InputError: not so many, or something else.
    """
    try:
        found = np.array(text.split(), dtype=np.float64)
    except ValueError:
        found = np.empty(0)
    if len(found) != count:
        raise damaged(path, f"{text[:60]!r} instead of {count} numbers")
    return found


def read_array(document: Document, array: Element, shape: tuple[int, ...]) -> NDArray[Any]:
    """Read the numbers of a DataArray, the first axis fastest.

    Raises:
        InputError: damaged, or not so many.
    """
    kind = TYPES.get(array.get("type", ""))
    if kind is None:
        raise damaged(document.path, f"values of type {array.get('type')}")
    form = array.get("format", "ascii")
    dtype = np.dtype(kind).newbyteorder(">" if document.big_endian else "<")
    count = int(np.prod(shape, dtype=object))
    if form == "ascii":
        flat = _from_text(document.path, array.text or "", count, dtype)
        return flat.reshape(shape, order="F")
    offset = _offset(document, array) if form == "appended" else 0
    if form == "appended" and not document.base64 and document.compressor is None:
        at = document.start + offset + document.length_type.itemsize
        return read_block(Block(document.path, shape, dtype, at=at))
    data = _bytes(document, array, form, offset, count * dtype.itemsize)
    return np.frombuffer(data, dtype).reshape(shape, order="F")


def _split(path: Path) -> tuple[bytes, int]:
    """Cut the file at its appended values, which are no XML; give the place of the first byte."""
    with opened(path) as file:
        text = file.read(_HEADER_BYTES)
        if not text.lstrip().startswith(b"<"):
            raise damaged(path, "it does not begin as XML files do")
        if b"<AppendedData" not in text:
            text += file.read()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise damaged(path, "it declares entities")
    at = text.find(b"<AppendedData")
    if at < 0:
        return text, 0
    close = text.find(b">", at)
    start = text.find(b"_", close)
    if close < 0 or start < 0:
        raise damaged(path, "its appended data does not begin")
    return text[: close + 1] + b"</AppendedData></VTKFile>", start + 1


def _offset(document: Document, array: Element) -> int:
    text = array.get("offset", "")
    if not text.isdecimal() or document.start == 0:
        raise damaged(document.path, f"values at offset {text[:40]!r} of its appended data")
    return int(text[:18])


def _from_text(path: Path, text: str, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    words = text.split(maxsplit=min(count, len(text)))
    try:
        with np.errstate(over="ignore"):
            values = np.array(words[:count]).astype(dtype)
    except (ValueError, OverflowError) as error:
        raise damaged(path, str(error)) from None
    if len(values) != count or count == 0:
        raise damaged(path, f"{len(values)} of {count} numbers")
    return values


def _bytes(document: Document, array: Element, form: str, offset: int, n_bytes: int) -> bytes:
    """Decode base64 or packed values."""
    if form == "binary":
        data, in_base64 = "".join((array.text or "").split()).encode("ascii", "replace"), True
    elif form == "appended":
        with opened(document.path) as file:
            file.seek(document.start + offset)
            data, in_base64 = file.read(2 * n_bytes + _ROOM), document.base64
    else:
        raise damaged(document.path, f"values in format {form[:40]!r}")
    refuse_overrun(Block(document.path, (n_bytes,), np.dtype("u1"), "zlib"), len(data))
    take = partial(_from_base64 if in_base64 else _from_raw, data)
    try:
        found = (_packed if document.compressor else _plain)(document, take, n_bytes)
    except (binascii.Error, zlib.error, lzma.LZMAError, EOFError) as error:
        raise damaged(document.path, str(error)) from None
    if len(found) != n_bytes:
        raise damaged(document.path, f"{len(found)} of {n_bytes} bytes of values")
    return found


Take = Callable[[int, int], tuple[bytes, int]]
"""Take so many bytes from a place on; what they are, and the place behind them."""


def _from_raw(data: bytes, at: int, count: int) -> tuple[bytes, int]:
    return data[at : at + count], at + count


def _from_base64(data: bytes, at: int, count: int) -> tuple[bytes, int]:
    n_letters = -(-count // 3) * 4
    return base64.b64decode(data[at : at + n_letters])[:count], at + n_letters


def _plain(document: Document, take: Take, n_bytes: int) -> bytes:
    """Read the length, then the values; the two are encoded together."""
    width = document.length_type.itemsize
    return take(0, width + n_bytes)[0][width:]


def _packed(document: Document, take: Take, n_bytes: int) -> bytes:
    """Read how many blocks, their length, the last one's, each packed one; then the blocks."""
    kind = document.length_type
    head, _ = take(0, 3 * kind.itemsize)
    n_blocks = int(np.frombuffer(head, kind)[0]) if len(head) == 3 * kind.itemsize else 0
    head, at = take(0, (3 + min(n_blocks, n_bytes)) * kind.itemsize)
    if len(head) != (3 + n_blocks) * kind.itemsize:
        raise damaged(document.path, f"{n_blocks} packed blocks")
    lengths = np.frombuffer(head, kind)[3:].astype(object)
    body, _ = take(at, min(int(lengths.sum()), 2 * n_bytes + _ROOM))
    found, start = bytearray(), 0
    for length in lengths:
        if len(found) >= n_bytes:
            break
        block = body[start : start + length]
        found += _UNPACK[document.compressor or ""](block, n_bytes - len(found))
        start += length
    return bytes(found)
