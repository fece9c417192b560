"""`evaluate` on files: one case, folders, and the JSON of the design."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lumenfield import io
from lumenfield.evaluation import METRICS

Program = Callable[..., int]


def test_json_is_one_object_of_the_promised_shape(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program("evaluate", on_disk / "mask.nii.gz", on_disk / "truth.nii.gz", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["n"] == 1
    assert set(result["cases"][0]) == {"name", *METRICS}
    assert result["cases"][0]["dice"] == 1.0
    assert result["cases"][0]["coverage95"] is None
    assert "coverage95" in result["reasons"]["cases"]["mask"]


def test_baselines_stand_in_the_same_table(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("evaluate", on_disk / "mask.nii.gz", on_disk / "mask.nii.gz", "--baselines")
    assert program(*words, on_disk / "scan.nii.gz") == 0
    table = capsys.readouterr().out
    assert all(name in table for name in ("otsu", "chan_vese", "frangi", "random_walker"))


def test_folders_are_matched_by_name(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("found", "true"):
        (on_disk / part).mkdir()
        for name in ("a", "b"):
            shutil.copy(on_disk / "mask.nii.gz", on_disk / part / f"{name}.nii.gz")
    assert program("evaluate", on_disk / "found", on_disk / "true", "--json") == 0
    assert json.loads(capsys.readouterr().out)["n"] == 2
    (on_disk / "found" / "b.nii.gz").unlink()
    assert program("evaluate", on_disk / "found", on_disk / "true") == 2
    assert "truth b.nii.gz has no prediction" in capsys.readouterr().err


def test_a_missed_vessel_is_the_worst_case_and_not_an_error(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = io.read(on_disk / "truth.nii.gz")
    (on_disk / "empty").mkdir()
    far = truth.like(np.full(truth.shape, 40.0, np.float32))
    for name in ("distance", "spread"):
        io.write(far, on_disk / "empty" / f"{name}.nii.gz")
    assert program("evaluate", on_disk / "empty", on_disk / "truth.nii.gz", "--json") == 0
    assert json.loads(capsys.readouterr().out)["cases"][0]["dice"] == 0.0


@pytest.fixture
def folders(on_disk: Path) -> Path:
    """Two cases in folders: scans, truths, and predictions."""
    for part, source in (("scans", "scan"), ("found", "mask"), ("true", "truth")):
        (on_disk / part).mkdir()
        for name in ("a", "b"):
            shutil.copy(on_disk / f"{source}.nii.gz", on_disk / part / f"{name}.nii.gz")
    return on_disk


def test_rivals_are_averaged_over_folders(
    folders: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("evaluate", folders / "found", folders / "true", "--baselines", folders / "scans")
    assert program(*words, "--against", f"twin={folders / 'found'}", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["baselines"]["otsu"]["n"] == 2
    assert result["baselines"]["twin"]["mean"] == result["mean"]
    assert program(*words) == 0
    assert "means over 2 cases" in capsys.readouterr().out


def test_details_and_a_sheet_are_written(
    folders: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("evaluate", folders / "found", folders / "true", "--details", "--csv")
    assert program(*words, folders / "scores.csv") == 0
    told = capsys.readouterr().out
    assert "components: 1 of 1 found; 0 false" in told
    sheet = list(csv.DictReader((folders / "scores.csv").read_text().splitlines()))
    assert [row["name"] for row in sheet] == ["a", "b"]
    assert float(sheet[0]["dice"]) == 1.0
    assert float(sheet[0]["surface_dice"]) == 1.0
    assert sheet[0]["coverage95"] == ""


def test_a_rival_without_a_name_and_scans_that_do_not_match_are_refused(
    folders: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("evaluate", folders / "found", folders / "true")
    assert program(*words, "--against", "somewhere") == 2
    assert "--against somewhere; a rival is NAME=PATH" in capsys.readouterr().err
    assert program(*words, "--baselines", folders / "scan.nii.gz") == 2
    assert "one is a folder, the other a file" in capsys.readouterr().err


def test_rivals_are_in_the_sheet_and_one_that_found_nothing_says_so(
    folders: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = io.read(folders / "truth.nii.gz")
    io.write(truth.like(np.zeros(truth.shape, np.uint8)), folders / "none.nii.gz")
    words = ("evaluate", folders / "mask.nii.gz", folders / "truth.nii.gz", "--csv")
    sheet = folders / "new" / "scores.csv"
    assert program(*words, sheet, "--against", f"blind={folders / 'none.nii.gz'}") == 0
    rows = list(csv.DictReader(sheet.read_text().splitlines()))
    assert [(row["name"], row["method"]) for row in rows] == [
        ("mask", "prediction"),
        ("mask", "blind"),
    ]
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if line.startswith("blind")] == ["blind: found nothing"]


def test_a_case_folder_is_a_truth_as_it_is_a_prediction(
    on_disk: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("case", "other"):
        (on_disk / name).mkdir()
        shutil.copy(on_disk / "truth.nii.gz", on_disk / name / "distance.nii.gz")
        shutil.copy(on_disk / "truth.nii.gz", on_disk / name / "probability.nii.gz")
    assert program("evaluate", on_disk / "case", on_disk / "other", "--json") == 0
    case = json.loads(capsys.readouterr().out)["cases"][0]
    assert (case["name"], case["dice"]) == ("case", 1.0)
