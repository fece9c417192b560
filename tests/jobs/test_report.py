"""`report`: the page of a finished case made again from its files; what is not finished is told."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumenfield import io
from lumenfield.datatypes import MaternField, Prediction, Volume
from lumenfield.jobs.case import write_case
from lumenfield.jobs.finished_case import read_branches
from lumenfield.pipeline import ModelUse, Outcome, SegmentOptions, Stage
from lumenfield.vessels import trace_vessels

Program = Callable[..., int]


@pytest.fixture(scope="module")
def outcome(tube: tuple[Volume, Volume]) -> Outcome:
    """A part of a tube, its wall found a little and a little more inside the true one."""
    return _found(*(Volume(v.values[6:22, 8:26], v.affine) for v in tube))


@pytest.fixture(scope="module")
def band() -> tuple[Outcome, Volume]:
    """A straight band in an image, and its true distance."""
    away = np.abs(np.indices((28, 36))[0] - 14.0)
    truth = Volume((away - 5.3).astype(np.float32), np.eye(4))
    noise = np.random.default_rng(0).normal(size=truth.shape)
    scan = truth.like((50 + 100 * (truth.values < 0) + 5 * noise).astype(np.float32))
    return _found(scan, truth), truth


def _found(scan: Volume, truth: Volume) -> Outcome:
    # Tapered, so that one place is the narrowest.
    taper = np.linspace(0.1, 0.4, len(truth.values), dtype=np.float32)
    taper = taper.reshape(-1, *[1] * (truth.ndim - 1))
    distance = truth.like(truth.values + taper)
    spread = truth.like(np.full(truth.shape, 0.2, np.float32))
    probability = truth.like((distance.values < 0).astype(np.float32))
    found = Prediction(probability, distance, spread, MaternField(0.4, 3.0), ("a doubt",))
    return Outcome(scan, found, found, None, (ModelUse("tiny", "0" * 64),), (Stage("load", 0.1),))


@pytest.fixture(scope="module")
def finished(outcome: Outcome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case folder of the tube."""
    folder = tmp_path_factory.mktemp("out") / "tube"
    write_case(outcome, folder, SegmentOptions(), source="scan.nii.gz")
    return folder


@pytest.fixture
def case(finished: Path, outcome: Outcome, tube: tuple[Volume, Volume], tmp_path: Path) -> Path:
    """A copy of it to change, its scan and its truth beside."""
    truth = outcome.scan.like(tube[1].values[6:22, 8:26])
    _write_beside(tmp_path, outcome.scan, truth)
    return Path(shutil.copytree(finished, tmp_path / "tube"))


def _write_beside(folder: Path, scan: Volume, truth: Volume) -> None:
    io.write(scan, folder / "scan.nii.gz")
    io.write(truth, folder / "truth.nii.gz")
    io.write(truth.like((truth.values < 0).astype(np.uint8)), folder / "mask.nii.gz")


def text_of(page: Path) -> str:
    return re.sub(r"(?s)<style>.*?</style>|<[^>]+>", " ", page.read_text(encoding="utf-8"))


def test_the_page_from_files_tells_what_the_run_told(case: Path, program: Program) -> None:
    first = text_of(case / "report.html")
    assert program("report", case, "--scan", case.parent / "scan.nii.gz") == 0
    again = text_of(case / "report.html")
    answer = next(line for line in first.splitlines() if "A lumen of" in line)
    assert "narrowest in branch 0" in answer
    assert answer in again
    table = first[first.index("Branches") : first.index("Provenance")]
    assert table in again


def test_branches_are_read_back_as_they_were_written(outcome: Outcome, finished: Path) -> None:
    found = outcome.prediction
    (known,) = trace_vessels(found.distance, found.spread, found.field).branches
    record = json.loads((finished / "run.json").read_text())
    (read,) = read_branches(finished, record["branches"])
    for name in ("points_mm", "arc_mm", "radius_mm", "radius_low_mm", "area_mm2"):
        np.testing.assert_allclose(getattr(read, name), getattr(known, name), atol=1e-3)
    assert (read.start, read.end) == (known.start, known.end)
    assert read.measures.stenosis.value == pytest.approx(known.measures.stenosis.value, rel=1e-4)


def test_without_the_scan_the_page_says_what_it_shows(case: Path, program: Program) -> None:
    assert program("report", case, "-o", case.parent / "page.html") == 0
    assert "The scan is not shown: the grey image is the probability" in text_of(
        case.parent / "page.html"
    )


@pytest.mark.parametrize("truth", ["truth.nii.gz", "mask.nii.gz"])
def test_a_truth_adds_scores_and_held_intervals(truth: str, case: Path, program: Program) -> None:
    assert program("report", case, "--truth", case.parent / truth) == 0
    told = text_of(case / "report.html")
    for words in ("this result", "Dice", "95 % interval holds", "error over spread"):
        assert words in told


def test_an_image_has_its_page_and_rivals_in_the_same_table(
    band: tuple[Outcome, Volume], tmp_path: Path, program: Program
) -> None:
    outcome, true = band
    _write_beside(tmp_path, outcome.scan, true)
    case, (scan, truth) = tmp_path / "band", (tmp_path / f"{n}.nii.gz" for n in ("scan", "truth"))
    write_case(outcome, case, SegmentOptions(), source="band.png")
    assert program("report", case, "--truth", truth, "--baselines", scan) == 0
    told = text_of(case / "report.html")
    assert "cm²" in told
    assert "Radius along the branches" in told
    assert told.index("this result") < told.lower().index("otsu")
    assert "The scan is not shown" not in told


def test_all_cases_of_a_folder_get_their_pages(
    finished: Path, tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "ab":
        shutil.copytree(finished, tmp_path / "out" / name)
        (tmp_path / "out" / name / "report.html").unlink()
    assert program("report", tmp_path / "out", "--json") == 0
    written = json.loads(capsys.readouterr().out)["written"]
    assert [Path(path).parent.name for path in written] == ["a", "b"]
    assert all(Path(path).is_file() for path in written)


def _no_spread(case: Path) -> tuple[Path | str, ...]:
    (case / "spread.nii.gz").unlink()
    return (case,)


def _no_curves(case: Path) -> tuple[Path | str, ...]:
    (case / "centreline.csv").write_text("branch,arc_mm\n0,zero\n")
    return (case,)


def _strange_record(case: Path) -> tuple[Path | str, ...]:
    (case / "run.json").write_text('{"field": 3, "warnings": []}')
    return (case,)


def _no_record(case: Path) -> tuple[Path | str, ...]:
    (case / "run.json").unlink()
    return (case,)


def _other_scan(case: Path) -> tuple[Path | str, ...]:
    io.write(Volume(np.zeros((3, 4, 5), np.float32), np.eye(4)), case / "other.nii.gz")
    return (case, "--scan", case / "other.nii.gz")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_no_spread, "lacks spread.nii.gz; a finished case has mask, probability, distance"),
        (_no_curves, "run.json and centreline.csv as segment writes them: segment the scan again"),
        (_strange_record, "run.json and centreline.csv as segment writes them"),
        (_no_record, "holds no run.json; cases with run.json, a training run"),
        (_other_scan, "other.nii.gz is on a grid of (3, 4, 5), the case on one of (16, 18, 26)"),
        (lambda case: (case.parent / "nowhere",), "nowhere is not there"),
        (lambda case: (case, "--baselines", case), "--baselines tube without a truth; rivals are"),
    ],
)
def test_what_has_no_page_is_told_in_a_line(
    spoil: Callable[[Path], tuple[Path | str, ...]],
    message: str,
    case: Path,
    program: Program,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert program("report", *spoil(case)) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_films_lie_beside_the_page(
    band: tuple[Outcome, Volume],
    tmp_path: Path,
    program: Program,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome, true = band
    _write_beside(tmp_path, outcome.scan, true)
    write_case(outcome, tmp_path / "band", SegmentOptions(), source="band.png")
    # The part that is segmented again is all of this image.
    monkeypatch.setattr("lumenfield.jobs.films.load_model", lambda name: None)
    monkeypatch.setattr("lumenfield.jobs.films.predict", lambda scan, models: outcome.prediction)
    words = ("--scan", tmp_path / "scan.nii.gz", "--gif", "--json")
    assert program("report", tmp_path / "band", *words) == 0
    written = [Path(path) for path in json.loads(capsys.readouterr().out)["written"]]
    assert [path.name for path in written] == ["report.html", "refinement.gif"]
    with Image.open(written[1]) as film:
        assert film.n_frames > 2
