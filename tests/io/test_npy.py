from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import has_geometry, read, write

HEADER = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }\n"


def _save(path: Path, header: str, data: bytes = bytes(12)) -> Path:
    path.write_bytes(
        b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + data
    )
    return path


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">i2", "u1", "<f2", "?"])
def test_what_numpy_saves_is_read(order: str, dtype: str, tmp_path: Path) -> None:
    values = np.arange(24).reshape(2, 3, 4).astype(dtype, order=order)
    np.save(tmp_path / "a.npy", values)
    back = read(tmp_path / "a.npy").values
    np.testing.assert_array_equal(back, values)
    assert back.dtype == values.dtype.newbyteorder("=")


def test_numpy_loads_what_we_write(volume: Volume, tmp_path: Path) -> None:
    write(volume, tmp_path / "a.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), volume.values)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_is_read(version: tuple[int, int], tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array(file, np.eye(3), version=version)
    np.testing.assert_array_equal(read(tmp_path / "a.npy").values, np.eye(3))


def test_an_array_has_voxels_of_a_millimetre_until_told_otherwise(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((2, 3, 1)))
    assert not has_geometry(tmp_path / "a.npy")
    np.testing.assert_array_equal(read(tmp_path / "a.npy").affine, np.eye(4))
    assert read(tmp_path / "a.npy", spacing=(1.0, 2.0, 3.0)).spacing == (1, 2, 3)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, np.clongdouble])
def test_complex_values_become_their_magnitude(dtype: type, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((2, 3), 3 + 4j, dtype=dtype))
    back = read(tmp_path / "a.npy").values
    assert back.dtype in (np.float32, np.float64)
    np.testing.assert_array_equal(back, 5)


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[print, 1]], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"holds values of type \|O; one number a voxel is needed"):
        read(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.ones(3), r"is 3 \(1-D\); a scan has two or three axes"),
        (np.float64(3), r"is a single number \(0-D\)"),
        (
            np.ones((2, 2, 2, 3)),
            r"is 2×2×2×3 \(4-D\), 3 frames in time; .*: pass --time mean",
        ),
        (np.ones((2, 0, 2)), r"is 2×0×2 \(3-D\); .* none of them empty"),
        (np.array([["a"]]), "holds values of type <U1"),
        (np.zeros((2, 2), "M8[s]"), r"holds values of type <M8\[s\]"),
        (np.zeros((2, 2), [("x", "f4")]), r"holds values of type \[\('x', '<f4'\)\]"),
    ],
)
def test_what_is_no_scan_is_refused(values: np.ndarray, message: str, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("(2, 3)", "(2, 30)"), "says it holds 2×30 values of int16; 12 bytes"),
        (HEADER.replace("(2, 3)", "(99999, 99999, 99999)"), "GiB; at most 64 GiB can be read"),
        (HEADER.replace("<i2", "<i3"), "holds values of type <i3"),
        (HEADER.replace("shape", "shade"), "its header lacks type, order or shape"),
        (HEADER.replace("(2, 3)", "(2, 3*9)"), "its header lacks type, order or shape"),
    ],
)
def test_a_header_that_lies_is_named(header: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(_save(tmp_path / "a.npy", header))


def test_a_cut_header_is_named(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.npy", HEADER)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="its header is cut short or of an unknown version"):
        read(path)
