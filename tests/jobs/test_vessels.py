"""Measured branches as files."""

import csv
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import MaternField, Volume
from lumenfield.jobs.vessels import (
    branch_records,
    branch_units,
    large_parts,
    write_centreline_table,
    write_centrelines,
)
from lumenfield.vessels import Vessels, trace_vessels


@pytest.fixture(scope="session")
def vessels(tube: tuple[Volume, Volume]) -> Vessels:
    distance = tube[1]
    spread = distance.like(np.full(distance.shape, 0.1, np.float32))
    return trace_vessels(distance, spread, MaternField(0.4, 3.2))


def test_figures_are_json_with_intervals(vessels: Vessels) -> None:
    (branch,) = json.loads(json.dumps(branch_records(vessels)))
    assert branch["mean_diameter_mm"]["value"] == pytest.approx(8.2, abs=0.1)
    assert branch["start"] == branch["end"] == "opening"
    low, value, high = (branch["resistance"][k] for k in ("low", "value", "high"))
    assert low < value < high


def test_the_table_has_a_line_a_station(vessels: Vessels, tmp_path: Path) -> None:
    write_centreline_table(vessels, tmp_path / "c.csv")
    with (tmp_path / "c.csv").open() as file:
        rows = list(csv.DictReader(file))
    (branch,) = vessels.branches
    assert len(rows) == len(branch.points_mm)
    assert float(rows[5]["radius_low_mm"]) < 4.1 < float(rows[5]["radius_high_mm"])
    place = [float(rows[5][f"{axis}_mm"]) for axis in "xyz"]
    assert place == pytest.approx(branch.points_mm[5], abs=1e-4)
    assert float(rows[5]["area_mm2"]) == pytest.approx(np.pi * 4.1**2, rel=0.03)


def test_the_lines_hold_the_radii(vessels: Vessels, tmp_path: Path) -> None:
    write_centrelines(vessels, tmp_path / "c.vtp")
    text = (tmp_path / "c.vtp").read_bytes().split(b'<AppendedData encoding="raw">')[0]
    piece = ElementTree.fromstring(text + b"</VTKFile>").find("PolyData/Piece")
    assert piece is not None
    assert piece.get("NumberOfLines") == "1"
    names = [array.get("Name") for array in piece.iterfind("PointData/DataArray")]
    assert names[:2] == ["arc_mm", "radius_mm"]


def test_no_branch_is_an_empty_table(tmp_path: Path) -> None:
    nothing = Vessels((), np.zeros((0, 3)), 3.5e-3)
    write_centreline_table(nothing, tmp_path / "c.csv")
    write_centrelines(nothing, tmp_path / "c.vtp")
    assert len((tmp_path / "c.csv").read_text().splitlines()) == 1


def test_specks_are_not_measured(tube: tuple[Volume, Volume]) -> None:
    noise = np.random.default_rng(0).random(tube[1].shape) < 0.02
    distance = tube[1].values
    specks = np.where(noise & (distance > 2.5), -0.3, distance).astype(np.float32)
    kept, (note,) = large_parts(tube[1].like(specks))
    assert int(note.split()[0]) > 100
    assert "of under 50 voxels or beyond the 30 largest, are not measured" in note
    np.testing.assert_array_equal(kept.values < 0, distance < 0)
    assert large_parts(kept) == (kept, ())


def test_the_thirty_largest_parts_are_measured() -> None:
    rods = np.ones((36, 64, 15), np.float32)
    rods[::2, :, ::2] = -1.0
    kept, (note,) = large_parts(Volume(rods, np.eye(4)))
    assert note.startswith("114 of 144 parts")
    assert (kept.values < 0).sum() == 30 * 64


def test_the_unit_of_a_resistance_is_there() -> None:
    assert branch_units(3)["resistance"] == "Pa·s/m³"
    assert branch_units(2)["resistance"].startswith("Pa·s/m²")
