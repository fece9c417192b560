import zlib
from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import has_geometry, read, write

VALUES = np.arange(24, dtype="<i2").reshape(2, 3, 4)
PLAIN = {
    "ObjectType": "Image",
    "NDims": "3",
    "BinaryData": "True",
    "BinaryDataByteOrderMSB": "False",
    "CompressedData": "False",
    "TransformMatrix": "0 1 0 0 0 1 1 0 0",
    "Offset": "10 20 30",
    "ElementSpacing": "0.5 1.5 3",
    "DimSize": "2 3 4",
    "ElementType": "MET_SHORT",
}
# Axis 0 goes along +y of LPS, towards the back; axis 1 up; axis 2 along +x, to the left.
AFFINE = [[0, 0, -3, -10], [-0.5, 0, 0, -20], [0, 1.5, 0, 30], [0, 0, 0, 1]]


def _save(path: Path, data: bytes = VALUES.tobytes("F"), **fields: str | None) -> Path:
    """Write a header by hand, `None` leaving a field out, and the data after it."""
    header = {**PLAIN, **fields}
    header["ElementDataFile"] = header.pop("ElementDataFile", "LOCAL")  # it ends the header
    lines = [f"{name} = {value}\n" for name, value in header.items() if value is not None]
    path.write_bytes("".join(lines).encode() + data)
    return path


def test_a_header_written_by_hand_is_read_into_ras(tmp_path: Path) -> None:
    back = read(_save(tmp_path / "a.mha"))
    np.testing.assert_array_equal(back.values, VALUES)
    np.testing.assert_array_equal(back.affine, AFFINE)


@pytest.mark.parametrize("name", ["a.raw", "a.zraw", "with space.raw"])
def test_values_lie_beside_the_header(name: str, tmp_path: Path) -> None:
    data = VALUES.tobytes("F")
    packed = name.endswith(".zraw")
    (tmp_path / name).write_bytes(zlib.compress(data) if packed else data)
    path = _save(tmp_path / "a.mhd", b"", ElementDataFile=name, CompressedData=str(packed))
    np.testing.assert_array_equal(read(path).values, VALUES)


def test_local_values_may_be_compressed(tmp_path: Path) -> None:
    data = zlib.compress(VALUES.tobytes("F"))
    path = _save(tmp_path / "a.mha", data, CompressedData="True", CompressedDataSize=str(len(data)))
    np.testing.assert_array_equal(read(path).values, VALUES)


@pytest.mark.parametrize("field", ["BinaryDataByteOrderMSB", "ElementByteOrderMSB"])
def test_big_endian_values_are_read(field: str, tmp_path: Path) -> None:
    back = read(_save(tmp_path / "a.mha", VALUES.astype(">i2").tobytes("F"), **{field: "True"}))
    np.testing.assert_array_equal(back.values, VALUES)
    assert back.values.dtype.isnative


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("CHAR", "i1"),
        ("UCHAR", "u1"),
        ("USHORT", "u2"),
        ("INT", "i4"),
        ("UINT", "u4"),
        ("LONG", "i4"),
        ("ULONG", "u4"),
        ("LONG_LONG", "i8"),
        ("ULONG_LONG", "u8"),
        ("FLOAT", "f4"),
        ("DOUBLE", "f8"),
    ],
)
def test_every_element_type_is_read(name: str, dtype: str, tmp_path: Path) -> None:
    path = _save(tmp_path / "a.mha", VALUES.astype(dtype).tobytes("F"), ElementType=f"MET_{name}")
    back = read(path).values
    assert back.dtype == dtype
    np.testing.assert_array_equal(back, VALUES)


def test_values_as_text_are_read(tmp_path: Path) -> None:
    text = " ".join(map(str, VALUES.ravel("F"))).encode()
    np.testing.assert_array_equal(
        read(_save(tmp_path / "a.mha", text, BinaryData="False")).values, VALUES
    )


@pytest.mark.parametrize("skip", ["7", "-1"])
def test_a_foreign_header_in_the_data_is_skipped(skip: str, tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"foreign" + VALUES.tobytes("F"))
    path = _save(tmp_path / "a.mhd", b"", ElementDataFile="a.raw", HeaderSize=skip)
    np.testing.assert_array_equal(read(path).values, VALUES)


def test_older_names_and_units_are_read(tmp_path: Path) -> None:
    old = dict.fromkeys(("TransformMatrix", "Offset", "ElementSpacing"))
    new = {
        "Rotation": PLAIN["TransformMatrix"],
        "Position": "1 2 3",
        "ElementSize": "0.05 0.15 0.3",
    }
    back = read(_save(tmp_path / "a.mha", **old, **new, DistanceUnits="cm"))
    np.testing.assert_allclose(back.affine, AFFINE, rtol=1e-15)


def test_an_image_lies_in_the_plane_of_the_first_two_axes(tmp_path: Path) -> None:
    fields = {"NDims": "2", "DimSize": "6 4", "ElementSpacing": "0.5 2", "Offset": "1 2"}
    back = read(_save(tmp_path / "a.mha", **fields, TransformMatrix="0 1 1 0"))
    assert back.shape == (6, 4)
    np.testing.assert_array_equal(
        back.affine, [[0, -2, 0, -1], [-0.5, 0, 0, -2], [0, 0, -1, 0], [0, 0, 0, 1]]
    )


def test_without_a_spacing_there_is_no_geometry(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.mha", ElementSpacing=None)
    assert not has_geometry(path)
    assert read(path).spacing == (1, 1, 1)


@pytest.mark.parametrize("suffix", [".mha", ".mhd"])
def test_what_is_written_says_lps_and_names_its_data(
    suffix: str, volume: Volume, tmp_path: Path
) -> None:
    write(volume, tmp_path / f"a{suffix}")
    head = (tmp_path / f"a{suffix}").read_bytes()
    assert b"\nOffset = -10.125 20.25 30.5\n" in head
    assert (b"ElementDataFile = a.raw" if suffix == ".mhd" else b"LOCAL") in head
    extra = [] if suffix == ".mha" else ["a.raw"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"a{suffix}", *extra]


def test_the_compressed_size_is_written_for_itk(volume: Volume, tmp_path: Path) -> None:
    write(volume, tmp_path / "a.mha")
    head, _, data = (tmp_path / "a.mha").read_bytes().partition(b"ElementDataFile = LOCAL\n")
    assert f"CompressedDataSize = {len(data):012}\n".encode() in head
    assert zlib.decompress(data) == volume.values.tobytes("F")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ElementSpacing": "0 1 1"}, "a voxel size of 0×1×1 mm; every edge must be a positive"),
        ({"ElementSpacing": "1 -1 1"}, "a voxel size of 1×-1×1 mm"),
        ({"ElementSpacing": "1 1 nan"}, "a voxel size of 1×1×nan mm"),
        ({"ElementSpacing": "1 1"}, "ElementSpacing has 2 numbers instead of 3"),
        ({"ElementSpacing": "1 1 one"}, "ElementSpacing is '1 1 one'"),
        ({"TransformMatrix": "1 0 0 1 0 0 0 0 1"}, "its axes must be finite and span space"),
        ({"TransformMatrix": "1 0 0 1"}, "TransformMatrix has 4 numbers instead of 9"),
        ({"Offset": "1 2 inf"}, "its axes must be finite"),
        ({"NDims": "2"}, "NDims and DimSize disagree"),
        ({"NDims": "three"}, "NDims is 'three'"),
        ({"DimSize": "2 3 4.5"}, "DimSize is '2 3 4.5'"),
        ({"DimSize": "2 3 0"}, "is 2×3×0 .3-D.; a scan has two or three axes, none of them empty"),
        ({"DimSize": "99999 99999 99999"}, "GiB; at most 64 GiB can be read"),
        ({"DimSize": "2 3 40"}, "says it holds 2×3×40 values of int16; 48 bytes are there"),
        ({"CompressedData": "True"}, "is damaged .*while decompressing"),
        ({"ElementNumberOfChannels": "3"}, "has 3 channels; one number a voxel is needed"),
        ({"ElementType": "MET_UCHAR_ARRAY"}, "values of type MET_UCHAR_ARRAY"),
        ({"ElementType": None}, "values of type none"),
        ({"ObjectType": "Tube"}, "holds a Tube; an image: take another file"),
        ({"DistanceUnits": "inch"}, "measures in inch; mm, um or cm"),
        ({"ElementDataFile": "LIST"}, "has its values in many files; one is needed: save it as"),
        ({"ElementDataFile": "a%03d.raw"}, "has its values in many files"),
        ({"ElementDataFile": "gone.raw"}, r"gone\.raw does not exist"),
        ({"ElementDataFile": None}, "no header of lines like NDims = 3, up to ElementDataFile"),
    ],
)
def test_a_header_that_lies_is_named(
    fields: dict[str, str | None], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        read(_save(tmp_path / "a.mha", **fields))


def test_a_series_is_refused_with_its_axes(tmp_path: Path) -> None:
    fields = dict.fromkeys(("TransformMatrix", "Offset", "ElementSpacing"))
    with pytest.raises(InputError, match=r"is 2×3×2×2 \(4-D\), 2 frames in time; .*: pass --time"):
        read(_save(tmp_path / "a.mha", **fields, NDims="4", DimSize="2 3 2 2"))
