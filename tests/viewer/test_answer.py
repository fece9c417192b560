"""The answer beside the pictures: right for a ball, and calm about records from outside."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lumenfield.viewer.answer import describe, spread_limits
from lumenfield.viewer.case import Case, open_case


def figures(case: Case) -> dict[str, str]:
    return {figure.name: figure.value for figure in describe(case).answer}


def test_a_ball_is_answered_first(ball: Path):
    page = describe(open_case(ball))
    answer = {figure.name: figure.value for figure in page.answer}
    assert answer["Lumen"] == "0.53 ml"
    assert answer["Wall known to"] == "± 0.39 mm"
    assert answer["χ²"] == "1.02"
    assert page.doubts[0] == "a doubt"
    assert page.has_mesh
    assert page.has_report
    assert max(abs(a - b) for a, b in zip(page.start_mm, (9.5, 8.5, 7.5), strict=True)) <= 0.5


def test_without_the_scan_the_page_says_what_it_shows(ball: Path):
    case = open_case(ball)
    assert "probability" in describe(case).doubts[-1]
    shown = describe(replace(case, scan=ball / "distance.nii.gz"))
    assert shown.base == "scan"
    assert shown.doubts == ("a doubt",)


def test_a_picture_has_an_area_and_no_sides(tmp_path: Path, make_ball: Callable[..., Path]):
    page = describe(open_case(make_ball(tmp_path / "disc", (24, 20))))
    assert page.answer[0].value == "0.79 cm²"
    assert page.is_picture
    assert not page.has_mesh


def test_nothing_found_is_said(tmp_path: Path, make_ball: Callable[..., Path]):
    case = open_case(make_ball(tmp_path / "none", radius_mm=-1.0))
    assert figures(case) == {"Lumen": "none found"}
    assert describe(case).start_mm == (10.0, 9.0, 8.0)


def test_colours_reach_over_nearly_all_of_the_wall(ball: Path):
    low, high = spread_limits(open_case(ball))
    assert 0.13 < low < 0.17
    assert 0.23 < high < 0.27


@pytest.mark.parametrize(
    ("branches", "shown"),
    [
        ([{"min_diameter_mm": {"value": d, "low": 1, "high": 9}} for d in (3.2, 2.5)], "2.50 mm"),
        ([{"min_diameter_mm": "narrow"}, {"min_diameter_mm": {"value": None}}, 7, {}], None),
        ("none", None),
    ],
)
def test_the_smallest_diameter_is_that_of_all_branches(ball: Path, branches: Any, shown: str):
    case = open_case(ball)
    told = figures(replace(case, record={**case.record, "branches": branches}))
    assert told.get("Smallest diameter") == shown


def test_a_record_of_nonsense_still_shows_the_wall(ball: Path, tmp_path: Path):
    copy = shutil.copytree(ball, tmp_path / "copy")
    names = ("scan", "chi2", "caps", "warnings", "models", "versions", "snr", "cnr", "branches")
    for nonsense in (None, [], {}, "x", [[1]], float("inf")):
        record = dict.fromkeys((*names, "lumen_ml", "lumen_cm2", "wall_95_mm"), nonsense)
        (copy / "run.json").write_text(json.dumps(record))
        page = describe(open_case(copy))
        assert page.has_mesh
        assert [figure.name for figure in page.answer] in ([], ["Openings"])
