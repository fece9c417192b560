"""VTK's XML files, whichever of the ways their numbers are stored."""

import base64
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.io import ReadOptions, read
from lumenfield.io.vti import write_vti

VALUES = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
PLACE = 'WholeExtent="1 2 0 2 -1 2" Origin="1 2 3" Spacing="0.5 1 2" Direction="0 -1 0 1 0 0 0 0 1"'
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "vtkZLibDataCompressor": zlib.compress,
    "vtkLZMADataCompressor": lzma.compress,
}


def _payload(data: bytes, header: str, packer: str, in_base64: bool) -> bytes:
    """Store bytes as VTK does: a length before plain ones, a table before packed blocks of 40."""
    encode = base64.b64encode if in_base64 else bytes
    if not packer:
        return encode(np.array([len(data)], header).tobytes() + data)
    blocks = [PACKERS[packer](data[at : at + 40]) for at in range(0, len(data), 40)]
    table = [len(blocks), 40, len(data) % 40, *map(len, blocks)]
    return encode(np.array(table, header).tobytes()) + encode(b"".join(blocks))


def _file(
    path: Path, array: str, appended: bytes = b"", packer: str = "", header: str = "<u4"
) -> Path:
    order = "BigEndian" if header[0] == ">" else "LittleEndian"
    head = f'<?xml version="1.0"?>\n<VTKFile type="ImageData" byte_order="{order}" '
    head += f'header_type="UInt{int(header[2]) * 8}"'
    head += f' compressor="{packer}">' if packer else ">"
    head += f'<ImageData {PLACE}><Piece Extent="1 2 0 2 -1 2"><PointData>{array}</PointData>'
    path.write_bytes(head.encode() + b"</Piece></ImageData>" + appended + b"</VTKFile>")
    return path


@pytest.mark.parametrize("packer", ["", *PACKERS])
@pytest.mark.parametrize("header", ["<u4", "<u8", ">u4"])
@pytest.mark.parametrize("form", ["binary", "base64", "raw"])
def test_every_way_to_store_numbers_is_read(
    form: str, header: str, packer: str, tmp_path: Path
) -> None:
    data = VALUES.astype(header[0] + "f4").tobytes(order="F")
    stored = _payload(data, header, packer, form != "raw")
    if form == "binary":
        array = f'<DataArray type="Float32" Name="x" format="binary">{stored.decode()}</DataArray>'
        path = _file(tmp_path / "a.vti", array, b"", packer, header)
    else:
        array = '<DataArray type="Float32" Name="x" format="appended" offset="4"/>'
        appended = f'<AppendedData encoding="{form}">_AAAA'.encode() + stored + b"</AppendedData>"
        path = _file(tmp_path / "a.vti", array, appended, packer, header)
    np.testing.assert_array_equal(read(path).values, VALUES)


def test_text_is_read_and_the_origin_is_that_of_index_zero(tmp_path: Path) -> None:
    words = " ".join(map(str, VALUES.ravel(order="F")))
    array = f'<DataArray type="Float32" Name="x" format="ascii">{words}</DataArray>'
    found = read(_file(tmp_path / "a.vti", array))
    np.testing.assert_array_equal(found.values, VALUES)
    expected = [[0, -1, 0, 1], [0.5, 0, 0, 2.5], [0, 0, 2, 1]]
    np.testing.assert_allclose(found.affine[:3], expected)


def test_several_arrays_are_written_together(oblique: np.ndarray, tmp_path: Path) -> None:
    arrays = {"phi <m>": VALUES, "mask": (VALUES > 3).astype(np.uint8)}
    spacing = np.linalg.norm(oblique[:3, :3], axis=0)
    write_vti(tmp_path / "a.vti", arrays, spacing, oblique[:3, 3], oblique[:3, :3] / spacing)
    for name, values in arrays.items():
        found = read(tmp_path / "a.vti", ReadOptions(array=name))
        np.testing.assert_array_equal(found.values, values)
        np.testing.assert_allclose(found.affine, oblique, atol=1e-12)
    np.testing.assert_array_equal(read(tmp_path / "a.vti").values, VALUES)


def test_arrays_of_different_shapes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="image data holds arrays of one shape: write them into"):
        write_vti(
            tmp_path / "a.vti",
            {"a": VALUES, "b": VALUES[0]},
            (1.0, 1.0, 1.0),
            (0.0, 0.0, 0.0),
            np.eye(3),
        )


@pytest.mark.parametrize("form", ["ascii", "binary"])
def test_a_structured_grid_is_placed_by_its_points(
    form: str, oblique: np.ndarray, tmp_path: Path
) -> None:
    index = np.indices((2, 3, 4)).reshape(3, -1, order="F")
    points = (oblique[:3, :3] @ index + oblique[:3, 3:]).astype(np.float64)

    def array(values: np.ndarray, extra: str) -> str:
        text = " ".join(map(str, values.ravel(order="F")))
        if form == "binary":
            text = _payload(values.tobytes(order="F"), "<u4", "", True).decode()
        return f'<DataArray type="Float64" {extra} format="{form}">{text}</DataArray>'

    extent = 'Extent="0 1 0 2 0 3"'
    magn, other = (array(VALUES.astype(float), f'Name="{name}"') for name in ("magn", "in_"))
    extra = 'NumberOfComponents="3"'
    (tmp_path / "a.vts").write_text(
        f'<VTKFile type="StructuredGrid" byte_order="LittleEndian"><StructuredGrid Whole{extent}>'
        f"<Piece {extent}><PointData>{other}{magn}</PointData>"
        f"<Points>{array(points, extra)}</Points></Piece>"
        "</StructuredGrid></VTKFile>"
    )
    found = read(tmp_path / "a.vts")
    np.testing.assert_array_equal(found.values, VALUES)
    np.testing.assert_allclose(found.affine, oblique, atol=1e-9)


ARRAY = '<DataArray type="Float32" Name="x" format="ascii">1 2 3</DataArray>'


@pytest.mark.parametrize(
    ("array", "appended", "message"),
    [
        (ARRAY, b"", "3 of 24 numbers"),
        (ARRAY.replace("Float32", "String"), b"", "values of type String"),
        (ARRAY.replace("ascii", "odd"), b"", "values in format 'odd'"),
        (ARRAY.replace("ascii", "appended"), b"", "at offset '' of its appended"),
        (ARRAY.replace("ascii", "binary"), b"", "is damaged"),
        ("", b"", "holds no array that could be a scan"),
        ("<odd", b"", "not well-formed"),
        (ARRAY, b'<AppendedData encoding="raw">', "its appended data does not begin"),
    ],
)
def test_a_file_that_lies_is_named(
    array: str, appended: bytes, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        read(_file(tmp_path / "a.vti", array, appended))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<VTKFile type="PolyData"><PolyData/></VTKFile>', "holds PolyData; a scan is ImageData"),
        ("<svg/>", "holds svg; a scan is ImageData or"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><VTKFile/>', "it declares entities"),
        (
            '<VTKFile type="ImageData" compressor="vtkLZ4DataCompressor"><ImageData/></VTKFile>',
            "is packed by vtkLZ4DataCompressor; zlib or lzma: save it with zlib",
        ),
        ('<VTKFile type="ImageData"><ImageData/></VTKFile>', "is in 0 pieces; one is needed"),
    ],
)
def test_other_documents_are_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.vti").write_text(text)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.vti")
