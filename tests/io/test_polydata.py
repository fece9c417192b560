"""Surfaces and lines as .vtp: every block is where the header says, and holds what was given."""

import re
import struct

import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.io.polydata import write_lines, write_surface

POINTS = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
TYPES = {"Float64": "f8", "Float32": "f4", "Int64": "i8", "Int32": "i4"}


def read(path):
    """Every array by name, from the offsets of the header."""
    head, data = path.read_bytes().split(b'<AppendedData encoding="raw">\n_')
    found = {}
    for kind, name, offset in re.findall(rb'type="(\w+)" Name="([\w ]+)"[^/]*offset="(\d+)"', head):
        at = int(offset)
        (size,) = struct.unpack("<Q", data[at : at + 8])
        found[name.decode()] = np.frombuffer(data[at + 8 : at + 8 + size], TYPES[kind.decode()])
    return head.decode(), found


def test_a_surface_has_its_corners_and_numbers(tmp_path):
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    sigma = np.array([0.1, 0.2, 0.3, 0.4], np.float32)
    write_surface(tmp_path / "a.vtp", POINTS, faces, {"sigma": sigma})
    head, found = read(tmp_path / "a.vtp")
    assert 'NumberOfPoints="4"' in head
    assert 'NumberOfPolys="2"' in head
    np.testing.assert_array_equal(found["Points"].reshape(-1, 3), POINTS)
    np.testing.assert_array_equal(found["connectivity"].reshape(-1, 3), faces)
    np.testing.assert_array_equal(found["offsets"], [3, 6])
    np.testing.assert_array_equal(found["sigma"], sigma)


def test_an_outline_is_lines(tmp_path):
    write_surface(tmp_path / "a.vtp", POINTS, np.array([[0, 1], [1, 2], [2, 0]]), {})
    head, found = read(tmp_path / "a.vtp")
    assert 'NumberOfLines="3"' in head
    np.testing.assert_array_equal(found["offsets"], [2, 4, 6])


def test_lines_keep_their_points_and_numbers(tmp_path):
    lines = [POINTS[:3], POINTS[2:]]
    numbers = np.array([7, 8], np.int32)
    write_lines(tmp_path / "a.vtp", lines, {"r": np.arange(5.0)}, {"branch": numbers})
    _, found = read(tmp_path / "a.vtp")
    np.testing.assert_array_equal(found["Points"].reshape(-1, 3), np.concatenate(lines))
    np.testing.assert_array_equal(found["offsets"], [3, 5])
    np.testing.assert_array_equal(found["r"], np.arange(5.0))
    np.testing.assert_array_equal(found["branch"], numbers)


def test_no_lines_are_a_file_too(tmp_path):
    write_lines(tmp_path / "a.vtp", [], {"r": np.zeros(0)}, {})
    assert 'NumberOfPoints="0"' in read(tmp_path / "a.vtp")[0]


def test_numbers_are_one_a_point(tmp_path):
    with pytest.raises(InputError, match="it needs 4"):
        write_surface(tmp_path / "a.vtp", POINTS, np.array([[0, 1, 2]]), {"s": np.zeros(3)})
