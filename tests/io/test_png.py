import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import has_geometry, read, write


@pytest.mark.parametrize("dtype", ["uint8", "uint16", ">u2"])
def test_rows_are_the_first_axis_of_what_is_read_and_written(dtype: str, tmp_path: Path) -> None:
    values = (np.arange(12).reshape(3, 4) * 20).astype(dtype) * np.iinfo(dtype).max // 255
    write(Volume(values, np.eye(4)), tmp_path / "a.png")
    back = read(tmp_path / "a.png").values
    assert back.dtype == values.dtype.newbyteorder("=")
    np.testing.assert_array_equal(back, values)
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (4, 3)
        np.testing.assert_array_equal(np.asarray(image), values)


def test_an_image_has_pixels_of_a_millimetre_until_told_otherwise(tmp_path: Path) -> None:
    write(Volume(np.ones((3, 4), np.uint8), np.diag([2.0, 2, 2, 1])), tmp_path / "a.png")
    assert not has_geometry(tmp_path / "a.png")
    assert read(tmp_path / "a.png").spacing == (1, 1)
    assert read(tmp_path / "a.png", spacing=(0.5, 0.25)).spacing == (0.5, 0.25)


def test_black_and_white_is_zero_and_one(tmp_path: Path) -> None:
    bits = np.array([[True, False], [False, True]])
    Image.fromarray(bits).save(tmp_path / "a.png")
    back = read(tmp_path / "a.png").values
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, bits)


def _interlaced(values: np.ndarray) -> bytes:
    """Make the seven passes of an 8-bit image by hand, each row after the number of no filter."""
    passes = ["00 88", "40 88", "04 48", "20 44", "02 24", "10 22", "01 12"]
    rows = b""
    for x, y, dx, dy in (map(int, text.replace(" ", "")) for text in passes):
        rows += b"".join(b"\0" + row.tobytes() for row in values[y::dy, x::dx] if row.size)
    height, width = values.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    chunks = [b"IHDR" + header, b"IDAT" + zlib.compress(rows), b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks
    )


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (17, 10)])
def test_an_interlaced_image_is_read(shape: tuple[int, int], tmp_path: Path) -> None:
    values = np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape)
    (tmp_path / "a.png").write_bytes(_interlaced(values))
    np.testing.assert_array_equal(read(tmp_path / "a.png").values, values)


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGB", "red, green"), ("RGBA", "RGBA"), ("P", "a pal"), ("LA", "grey and")]
)
def test_colours_are_refused(mode: str, kind: str, tmp_path: Path) -> None:
    Image.new(mode, (3, 4)).save(tmp_path / "a.png")
    with pytest.raises(InputError, match=rf"is in colour .{kind}.*; one number a pixel.*: save it"):
        read(tmp_path / "a.png")


def test_what_png_cannot_hold_is_refused(volume: Volume, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a 3-D volume for .*; \.png holds one image: write"):
        write(volume, tmp_path / "a.png")
    with pytest.raises(
        InputError, match=r"values of type float32 for .*; it can hold uint8, uint16"
    ):
        write(Volume(np.ones((2, 3), np.float32), np.eye(4)), tmp_path / "a.png")


def _with_size(path: Path, width: int, height: int) -> Path:
    """Put another size into a sound header, with its checksum."""
    write(Volume(np.ones((3, 4), np.uint8), np.eye(4)), path)
    sound = path.read_bytes()
    header = b"IHDR" + struct.pack(">II", width, height) + sound[24:29]
    path.write_bytes(sound[:12] + header + struct.pack(">I", zlib.crc32(header)) + sound[33:])
    return path


@pytest.mark.parametrize(
    ("size", "message"),
    [
        ((60000, 60000), "says it is 60000×60000; at most 67108864 pixels: crop it"),
        ((4, 0), r"is 0×4 \(2-D\)"),
        ((4, 300), "is damaged .*its pixels end 1485 bytes early"),
    ],
)
def test_a_header_that_lies_is_named(size: tuple[int, int], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(_with_size(tmp_path / "a.png", *size))


def test_a_second_header_is_named(tmp_path: Path) -> None:
    first = _with_size(tmp_path / "a.png", 4, 3).read_bytes()
    other = _with_size(tmp_path / "b.png", 2, 3).read_bytes()
    (tmp_path / "a.png").write_bytes(first[:33] + other[8:33] + first[33:])
    with pytest.raises(InputError, match=r"is damaged .*it has two headers"):
        read(tmp_path / "a.png")
