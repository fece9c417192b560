import bz2
import gzip
import io
import os
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.io import blocks
from lumenfield.io.blocks import LIMIT_BYTES, Block, Encoding, opened, read_block, write_block

VALUES = np.arange(1_500_000, dtype="<i4").reshape(100, 100, 150)
BYTE = np.dtype(np.uint8)


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("raw", bytes), ("gzip", gzip.compress), ("zlib", zlib.compress), ("bzip2", bz2.compress)],
)
def test_large_blocks_are_read_in_pieces(
    encoding: Encoding, encode: object, tmp_path: Path
) -> None:
    values = VALUES[:10] if encoding == "bzip2" else VALUES
    assert callable(encode)
    (tmp_path / "a").write_bytes(b"head" + encode(b"##" + values.tobytes("F")))
    block = Block(tmp_path / "a", values.shape, values.dtype, encoding, at=4, skip=2)
    np.testing.assert_array_equal(read_block(block), values)


@pytest.mark.parametrize("order", ["C", "F"])
def test_large_plain_values_are_mapped_and_not_read(
    order: Literal["C", "F"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "_MAPPED_BYTES", 1)
    (tmp_path / "a").write_bytes(b"head##" + VALUES.tobytes(order))
    block = Block(tmp_path / "a", VALUES.shape, VALUES.dtype, at=4, skip=2, order=order)
    found = read_block(block)
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, VALUES)
    (tmp_path / "a").write_bytes(b"head##" + VALUES.tobytes(order)[:-1])
    with pytest.raises(InputError, match="its data ends 1 bytes early"):
        read_block(block)


def test_what_is_written_is_little_endian_with_the_first_axis_fastest() -> None:
    stream = io.BytesIO()
    write_block(stream, VALUES[:3, :4, :5].astype(">i4")[::-1])
    assert stream.getvalue() == VALUES[:3, :4, :5][::-1].tobytes("F")


@pytest.mark.parametrize("encoding", ["raw", "gzip", "zlib", "bzip2", "text"])
def test_a_block_larger_than_its_file_can_hold_is_not_allocated(
    encoding: Encoding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(np, "empty", None)
    (tmp_path / "a").write_bytes(bytes(100))
    block = Block(tmp_path / "a", (1 << 31,), BYTE, encoding)
    with pytest.raises(InputError, match="says it holds 2147483648 values of uint8; 100 bytes are"):
        read_block(block)


def test_sixty_four_gibibytes_are_the_most(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        os.truncate(file.fileno(), 2 * LIMIT_BYTES)
    block = Block(tmp_path / "a", (LIMIT_BYTES + 1,), BYTE)
    with pytest.raises(InputError, match="64 GiB; at most 64 GiB can be read: mend the header, or"):
        read_block(block)


def test_a_block_larger_than_memory_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError

    (tmp_path / "a").write_bytes(bytes(100))
    monkeypatch.setattr(np, "empty", refuse)
    with pytest.raises(
        InputError, match=r"needs 0.0 GiB; it must fit in memory: crop the scan, or"
    ):
        read_block(Block(tmp_path / "a", (100,), BYTE))


@pytest.mark.parametrize(("encode", "encoding"), [(gzip.compress, "gzip"), (zlib.compress, "zlib")])
def test_a_wrong_checksum_is_noticed(encode: object, encoding: Encoding, tmp_path: Path) -> None:
    assert callable(encode)
    packed = bytearray(encode(bytes(range(200))))
    packed[-5 if encoding == "gzip" else -1] ^= 1
    (tmp_path / "a").write_bytes(packed)
    with pytest.raises(InputError, match=r"is damaged .*check"):
        read_block(Block(tmp_path / "a", (200,), BYTE, encoding))


@pytest.mark.parametrize(
    ("text", "dtype", "message"),
    [
        (b"1 2 three", "u1", "is damaged .*invalid literal"),
        (b"1 2 300", "u1", "is damaged .*out of bounds"),
        (b"1 2     ", "u1", "is damaged .*2 of 3 numbers"),
    ],
)
def test_text_that_is_not_numbers_is_named(
    text: bytes, dtype: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(text)
    with pytest.raises(InputError, match=message):
        read_block(Block(tmp_path / "a", (3,), np.dtype(dtype), "text"))


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with (
        pytest.raises(InputError, match="is a device or pipe; a plain file is needed: save it"),
        opened(tmp_path / "a"),
    ):
        pass
