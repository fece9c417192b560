"""Surfaces come back from VTK's XML, however their numbers are held."""

import base64
from pathlib import Path

import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.io.meshes import read_mesh

SURFACE = """<?xml version="1.0"?>
<VTKFile type="PolyData" version="0.1" byte_order="LittleEndian" header_type="UInt32">
<PolyData><Piece NumberOfPoints="{n}" NumberOfPolys="{m}" NumberOfStrips="{strips}">
<Points><DataArray type="Float32" NumberOfComponents="3" format="{form}">{points}</DataArray>
</Points>
<Polys><DataArray type="Int64" Name="connectivity" format="{form}">{corners}</DataArray>
<DataArray type="Int64" Name="offsets" format="{form}">{ends}</DataArray></Polys>
</Piece></PolyData></VTKFile>"""

POINTS = np.array([[0, 0, 0], [2, 0, 0], [2, 2, 0], [0, 2, 0], [1, 1, 3]], np.float32)
CORNERS, ENDS = np.array([3, 2, 1, 0, 0, 1, 4]), np.array([4, 7])


def text(array):
    return " ".join(map(str, array.ravel().tolist()))


def binary(array):
    data = array.tobytes()
    return base64.b64encode(len(data).to_bytes(4, "little") + data).decode()


def surface(path: Path, form="ascii", **changes):
    held = text if form == "ascii" else binary
    given = {"n": 5, "m": 2, "strips": 0, "points": POINTS, "corners": CORNERS, "ends": ENDS}
    given |= changes
    cells = {k: held(v) if isinstance(v, np.ndarray) else v for k, v in given.items()}
    path.write_text(SURFACE.format(form=form, **cells))
    return path


@pytest.mark.parametrize("form", ["ascii", "binary"])
def test_polygons_are_cut_into_fans(tmp_path, form):
    mesh = read_mesh(surface(tmp_path / "a.vtp", form))
    np.testing.assert_array_equal(mesh.vertices, POINTS)
    np.testing.assert_array_equal(mesh.faces, [[3, 2, 1], [3, 1, 0], [0, 1, 4]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"m": 0}, "holds no polygons; a surface"),
        ({"strips": 1}, "has 1 pieces, or strips; one piece of plain polygons"),
        ({"n": "five"}, "NumberOfPoints is 'five'"),
        ({"corners": np.array([3, 2, 1, 0, 0, 1, 9])}, "polygons of points beyond its 5"),
        ({"ends": np.array([4, 3])}, "its polygons end before they begin"),
    ],
)
def test_damaged_surfaces_are_refused(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        read_mesh(surface(tmp_path / "a.vtp", **changes))


def test_a_grid_is_no_surface(tmp_path):
    (tmp_path / "a.vtp").write_text('<VTKFile type="ImageData"><ImageData/></VTKFile>')
    with pytest.raises(InputError, match="holds ImageData; a surface is PolyData"):
        read_mesh(tmp_path / "a.vtp")


def test_a_suffix_without_a_reader_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"has the suffix \.obj; known are \.stl, \.vtp"):
        read_mesh(tmp_path / "a.obj")
