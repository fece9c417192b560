import bz2
from pathlib import Path
from typing import Any

import nrrd
import numpy as np
import pytest
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import has_geometry, read, write

VALUES = np.arange(24, dtype="<i2").reshape(2, 3, 4)
PLAIN = {
    "type": "short",
    "dimension": "3",
    "sizes": "2 3 4",
    "endian": "little",
    "encoding": "raw",
    "space": "left-posterior-superior",
    "space directions": "(0,0.5,0) (0,0,1.5) (3,0,0)",
    "space origin": "(10,20,30)",
}
AFFINE = np.array([[0, 0, -3, -10], [-0.5, 0, 0, -20], [0, 1.5, 0, 30], [0, 0, 0, 1]])
NOWHERE = dict.fromkeys(("space", "space directions", "space origin"))


def _save(path: Path, fields: dict[str, Any], data: bytes = VALUES.tobytes("F")) -> Path:
    """Write a header by hand, `None` leaving a field out, and the data after it."""
    header = {**PLAIN, **fields}
    lines = [f"{name}: {value}\n" for name, value in header.items() if value is not None]
    path.write_bytes(f"NRRD0005\n# by hand\n{''.join(lines)}\n".encode() + data)
    return path


def test_a_header_written_by_hand_is_read_into_ras(tmp_path: Path) -> None:
    back = read(_save(tmp_path / "a.nrrd", {}))
    np.testing.assert_array_equal(back.values, VALUES)
    np.testing.assert_array_equal(back.affine, AFFINE)


@pytest.mark.parametrize(
    ("space", "signs"),
    [
        ("right-anterior-superior", (1, 1, 1)),
        ("RAS", (1, 1, 1)),
        ("left-anterior-superior", (-1, 1, 1)),
        ("LAS", (-1, 1, 1)),
        ("left-posterior-superior", (-1, -1, 1)),
        ("LPS", (-1, -1, 1)),
        ("scanner-xyz", (-1, -1, 1)),
    ],
)
def test_every_space_becomes_ras(
    space: str, signs: tuple[int, ...], oblique: NDArray[np.float64], tmp_path: Path
) -> None:
    header = {"space": space, "space directions": oblique[:3, :3].T, "space origin": oblique[:3, 3]}
    nrrd.write(str(tmp_path / "a.nrrd"), VALUES, header, compression_level=1)
    back = read(tmp_path / "a.nrrd")
    np.testing.assert_array_equal(back.values, VALUES)
    np.testing.assert_allclose(back.affine, np.diag([*signs, 1]) @ oblique, rtol=1e-15)


def test_pynrrd_reads_what_we_write(volume: Volume, tmp_path: Path) -> None:
    for name in ("a.nrrd", "b.nhdr"):
        write(volume, tmp_path / name)
        values, header = nrrd.read(str(tmp_path / name))
        np.testing.assert_array_equal(values, volume.values)
        np.testing.assert_array_equal(header["space directions"], volume.affine[:3, :3].T)
        np.testing.assert_array_equal(header["space origin"], volume.affine[:3, 3])
        assert header["space"] == "right-anterior-superior"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.nrrd", "b.nhdr", "b.raw.gz"]


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr"])
def test_every_encoding_of_pynrrd_is_read(encoding: str, name: str, tmp_path: Path) -> None:
    nrrd.write(str(tmp_path / name), VALUES, {"encoding": encoding}, compression_level=1)
    np.testing.assert_array_equal(read(tmp_path / name).values, VALUES)


@pytest.mark.parametrize("dtype", [">i2", ">f8", "<u8", "i1"])
def test_any_byte_order_is_read(dtype: str, tmp_path: Path) -> None:
    nrrd.write(str(tmp_path / "a.nrrd"), VALUES.astype(dtype), {"encoding": "raw"})
    back = read(tmp_path / "a.nrrd").values
    assert back.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(back, VALUES)


def test_spacings_alone_are_a_geometry(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nrrd", {**NOWHERE, "spacings": "0.5 2 3"})
    assert has_geometry(path)
    np.testing.assert_array_equal(read(path).affine, np.diag([-0.5, -2, 3, 1]))


def test_without_directions_or_spacings_there_is_no_geometry(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nrrd", NOWHERE)
    assert not has_geometry(path)
    assert read(path).spacing == (1, 1, 1)


@pytest.mark.parametrize(
    ("unit", "mm"), [("mm", 1), ("um", 1e-3), ("µm", 1e-3), ("μm", 1e-3), ("cm", 10), ("m", 1000)]
)
def test_units_become_millimetres(unit: str, mm: float, tmp_path: Path) -> None:
    units = " ".join([f'"{unit}"'] * 3)
    placed = read(_save(tmp_path / "a.nrrd", {"space units": units}))
    np.testing.assert_allclose(placed.affine[:3], AFFINE[:3] * mm, rtol=1e-15)
    spaced = read(_save(tmp_path / "a.nrrd", {**NOWHERE, "spacings": "1 2 3", "units": units}))
    np.testing.assert_allclose(spaced.spacing, np.array([1, 2, 3]) * mm, rtol=1e-15)


@pytest.mark.parametrize("vectors", ["(0,2) (3,0)", "(0,2,0) (3,0,0)"])
def test_an_image_gets_a_millimetre_along_its_normal(vectors: str, tmp_path: Path) -> None:
    image = {**NOWHERE, "dimension": "2", "sizes": "6 4", "space directions": vectors}
    back = read(_save(tmp_path / "a.nrrd", {"space dimension": vectors.count(",") // 2, **image}))
    assert back.shape == (6, 4)
    expected = [[0, -3, 0, 0], [-2, 0, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1]]
    np.testing.assert_array_equal(back.affine, expected)


def test_an_axis_of_one_outside_space_is_dropped(tmp_path: Path) -> None:
    fields = {"dimension": "4", "sizes": "1 2 3 4"}
    directions = f"none {PLAIN['space directions']}"
    back = read(_save(tmp_path / "a.nrrd", {**fields, "space directions": directions}))
    np.testing.assert_array_equal(back.values, VALUES)
    np.testing.assert_array_equal(back.affine, AFFINE)


@pytest.mark.parametrize("skip", [{"line skip": 1, "byte skip": 2}, {"byte skip": -1}])
def test_what_lies_before_the_values_is_skipped(skip: dict[str, int], tmp_path: Path) -> None:
    data = b"a line\n##" + VALUES.tobytes("F")
    np.testing.assert_array_equal(read(_save(tmp_path / "a.nrrd", skip, data)).values, VALUES)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sizes": None}, "its header lacks sizes"),
        ({"dimension": "2"}, "dimension and sizes disagree"),
        ({"sizes": "2 3 nan"}, "is damaged or not what its name says"),
        ({"sizes": "2 3 -4"}, "is 2×3×-4 .3-D.; a scan has two or three axes, none of them empty"),
        ({"sizes": "99999 99999 99999"}, "GiB; at most 64 GiB can be read"),
        ({"sizes": "2 3 40"}, "says it holds 2×3×40 values of int16; 48 bytes are there"),
        ({"type": "block"}, "holds values of type block"),
        ({"endian": None}, "its byte order is missing"),
        ({"encoding": "hex"}, "is encoded as hex; raw, gzip, bzip2 or text: save it as one"),
        ({"encoding": "gzip"}, "is damaged .*Not a gzipped file"),
        ({"encoding": "bz2"}, "is damaged .*Invalid data stream"),
        ({"encoding": "text"}, "is damaged"),
        ({"space": "3D-left-handed"}, "lies in space 3d-left-handed; known are right-anterior"),
        ({"space directions": "(0,0,0) (0,1,0) (1,0,0)"}, "a voxel size of 0×1×1 mm"),
        ({"space directions": "(1,0,0) (1,0,0) (0,0,1)"}, "its axes must be finite and span"),
        ({"space directions": "(1,0,0) (0,1,0)"}, "space directions do not fit its axes"),
        ({"space directions": "(1,0,0) (0,1) (0,0,1)"}, "is damaged .*same number of elements"),
        ({"space origin": ""}, "is damaged or not what its name says"),
        ({"space origin": "(nan,0,0)"}, "its axes must be finite"),
        ({"space units": '"inch" "inch" "inch"'}, "measures in inch; mm, um, cm or m: mend"),
        ({**NOWHERE, "spacings": "1 0 2"}, "a voxel size of 1×0×2 mm"),
        ({**NOWHERE, "spacings": "1 -3 2"}, "a voxel size of 1×-3×2 mm"),
        ({**NOWHERE, "spacings": "1 2"}, "spacings do not fit its axes"),
        ({**NOWHERE, "spacings": "nan 1 2"}, "its axis 0 of kind unknown; a scan has two or three"),
        ({"byte skip": "-2"}, "it is to skip 0 lines and -2 bytes"),
        ({"data file": "LIST"}, "has its values in many files"),
        ({"data file": "gone.raw"}, r"gone\.raw does not exist"),
    ],
)
def test_a_header_that_lies_is_named(fields: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(_save(tmp_path / "a.nrrd", fields))


def test_colours_and_series_are_refused_with_their_axes(tmp_path: Path) -> None:
    directions = "none (1,0,0) (0,1,0)"
    colours = {"kinds": "RGB-color domain domain", "sizes": "3 2 4", "space directions": directions}
    with pytest.raises(InputError, match=r"is 3×2×4, its axis 0 of kind RGB-color; .*: take one"):
        read(_save(tmp_path / "a.nrrd", colours))
    series = {**NOWHERE, "dimension": "4", "sizes": "2 3 2 2"}
    with pytest.raises(InputError, match=r"is 2×3×2×2 \(4-D\)"):
        read(_save(tmp_path / "a.nrrd", series))


def test_a_cut_compressed_block_is_named(tmp_path: Path) -> None:
    for encoding, data in (("bzip2", bz2.compress(VALUES.tobytes("F"))[:-9]),):
        with pytest.raises(InputError, match=r"is damaged .*end-of-stream"):
            read(_save(tmp_path / "a.nrrd", {"encoding": encoding}, data))
