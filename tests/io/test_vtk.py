"""Legacy VTK files: those of others, and ours."""

from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import ReadOptions, read, write
from lumenfield.io.vtk import write_vtk_grid, write_vtk_points

VALUES = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
PLACE = "DIMENSIONS 2 3 4\nORIGIN 1 2 3\nSPACING 0.5 1 2\n"


def _text(path: Path, body: str, kind: str = "STRUCTURED_POINTS") -> Path:
    path.write_text(f"# vtk DataFile Version 2.0\nmade by hand\nASCII\nDATASET {kind}\n{body}")
    return path


def _words(values: np.ndarray) -> str:
    return " ".join(map(str, values.ravel(order="F")))


def _points(affine: np.ndarray) -> str:
    index = np.indices((2, 3, 4)).reshape(3, -1, order="F")
    return _words(affine[:3, :3] @ index + affine[:3, 3:])


def test_text_with_several_arrays_gives_the_one_asked_for(tmp_path: Path) -> None:
    body = f"{PLACE}POINT_DATA 24\nSCALARS a int 1\nLOOKUP_TABLE default\n{_words(VALUES * 0)}\n"
    body += f"VECTORS v float\n{_words(np.zeros(72))}\nMETADATA\nINFORMATION 0\n\n"
    body += f"FIELD FieldData 1\nb 1 24 float\n{_words(VALUES)}\n"
    path = _text(tmp_path / "a.vtk", body)
    found = read(path, ReadOptions(array="b"))
    np.testing.assert_array_equal(found.values, VALUES)
    np.testing.assert_array_equal(found.affine[:3], [[0.5, 0, 0, 1], [0, 1, 0, 2], [0, 0, 2, 3]])
    with pytest.raises(InputError, match=r"2 arrays: a \(2×3×4 int32\), b .*: choose it"):
        read(path)
    with pytest.raises(InputError, match=r"no array 'v'; it has a \(2×3×4 int32\), b"):
        read(path, ReadOptions(array="v"))


def test_the_magnitude_of_a_structured_grid_is_taken_without_asking(
    oblique: np.ndarray, tmp_path: Path
) -> None:
    body = f"DIMENSIONS 2 3 4\nPOINTS 24 float\n{_points(oblique)}\nPOINT_DATA 24\n"
    for name, values in (("in_", VALUES > 3), ("magn", VALUES)):
        body += f"SCALARS {name} float\nLOOKUP_TABLE default\n{_words(values.astype(int))}\n"
    found = read(_text(tmp_path / "a.vtk", body, "STRUCTURED_GRID"))
    np.testing.assert_array_equal(found.values, VALUES)
    np.testing.assert_allclose(found.affine, oblique, atol=1e-5)


def test_a_curved_grid_is_refused(oblique: np.ndarray, tmp_path: Path) -> None:
    numbers = _points(oblique).split()
    numbers[40] = str(float(numbers[40]) + 0.1)
    body = f"DIMENSIONS 2 3 4\nPOINTS 24 float\n{' '.join(numbers)}\nPOINT_DATA 24\n"
    body += f"SCALARS magn float\nLOOKUP_TABLE default\n{_words(VALUES)}\n"
    with pytest.raises(InputError, match=r"do not lie on a regular grid; .*: resample it to image"):
        read(_text(tmp_path / "a.vtk", body, "STRUCTURED_GRID"))


@pytest.mark.parametrize("writer", ["points", "grid"])
def test_several_arrays_are_written_together(writer: str, tmp_path: Path) -> None:
    arrays = {"phi": VALUES, "sigma": VALUES + 1, "mask": (VALUES > 3).astype(np.uint8)}
    if writer == "points":
        write_vtk_points(tmp_path / "a.vtk", arrays, (1.0, 2.0, 3.0), (0.0, 0.0, 0.0))
    else:
        write_vtk_grid(tmp_path / "a.vtk", arrays, np.diag([1.0, 2, 3, 1]))
    for name, values in arrays.items():
        found = read(tmp_path / "a.vtk", ReadOptions(array=name))
        np.testing.assert_array_equal(found.values, values)
        assert found.spacing == (1, 2, 3)


def test_only_a_turned_grid_is_written_point_by_point(tmp_path: Path) -> None:
    write(Volume(VALUES, np.diag([1.0, 2, 3, 1])), tmp_path / "a.vtk")
    write(Volume(VALUES, np.diag([-1.0, 2, 3, 1])), tmp_path / "b.vtk")
    assert b"STRUCTURED_POINTS" in (tmp_path / "a.vtk").read_bytes()
    assert b"STRUCTURED_GRID" in (tmp_path / "b.vtk").read_bytes()


def test_names_with_blanks_and_shapes_that_differ_are_refused(tmp_path: Path) -> None:
    for arrays in ({"a b": VALUES}, {"a": VALUES, "b": VALUES[1:]}, {}):
        with pytest.raises(InputError, match="VTK holds arrays of one shape with names without"):
            write_vtk_points(tmp_path / "a.vtk", arrays, (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("DIMENSIONS 2 3\n", "its dimensions are"),
        ("DIMENSIONS 2 3 0\n", "its dimensions are"),
        ("DIMENSIONS 2 3 4\nSPACING 1 2\n", "its spacing or origin has less than three numbers"),
        (f"{PLACE}POINT_DATA 24\n", "holds no array that could be a scan"),
        (f"{PLACE}POINT_DATA 9\nSCALARS a int\n{'1 ' * 9}\n", "do not fit its dimensions"),
        (f"{PLACE}POINT_DATA 24\nSCALARS a int\n1 2 3\n", "21 numbers are missing"),
        (f"{PLACE}POINT_DATA 24\nSCALARS a odd\n1 2 3\n", "values of type odd"),
        (f"{PLACE}POINT_DATA 24\nWHAT a odd\n", "an attribute 'WHAT'"),
        (PLACE.replace("0.5", "-1") + f"POINT_DATA 24\nSCALARS a int\n{'1 ' * 24}", "voxel size"),
    ],
)
def test_a_file_that_lies_is_named(body: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(_text(tmp_path / "a.vtk", body))


def test_a_data_set_without_voxels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds polydata; a scan is structured points or"):
        read(_text(tmp_path / "a.vtk", "POINTS 0 float\n", "POLYDATA"))
