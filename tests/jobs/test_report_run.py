"""`report` of a training run and of a study: what is there is shown, what is missing is said."""

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lumenfield.cli import main

Program = Callable[..., int]
TINY = [
    "--stream", "any",
    "--set", "training.network.widths=[4, 8]",
    "--set", "training.steps_per_epoch=1",
    "--set", "training.max_epochs=5",
    "--set", "training.ndim=2",
    "--set", "stream.size=24",
    "--set", "stream.workers=0",
    "--set", "stream.val_count=2",
    "--set", "stream.calibration_count=1",
]  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of five epochs."""
    run = tmp_path_factory.mktemp("runs") / "tiny"
    assert main(["train", "-o", str(run), *TINY]) == 0
    return run


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A copy of it to change."""
    return Path(shutil.copytree(finished, tmp_path / "tiny"))


def text_of(folder: Path) -> str:
    page = (folder / "report.html").read_text(encoding="utf-8")
    return " ".join(re.sub(r"(?s)<style>.*?</style>|<[^>]+>", " ", page).split())


def test_a_run_keeps_pictures_at_powers_of_two_and_at_its_end(finished: Path) -> None:
    names = [path.name for path in sorted((finished / "samples").iterdir())]
    assert names == [f"epoch_000{n}.png" for n in (1, 2, 4, 5)]
    first = np.asarray(Image.open(finished / "samples" / names[0]).convert("RGB"))
    assert first.shape[1] == 2 * 230 + 6
    assert first.std() > 20


def test_the_page_of_a_run_tells_its_end_and_its_origin(run: Path, program: Program) -> None:
    assert program("report", run) == 0
    told = text_of(run)
    lines = (run / "history.csv").read_text().splitlines()
    best = max(float(row["score"]) for row in csv.DictReader(lines))
    assert f"Dice over the validation scans, {best:.3f}, came after epoch" in told
    assert "The run ended as 5 epochs are done." in told
    assert "1 × cross_entropy + 1 ×" in told
    assert "endless scans drawn by the recipe any" in told
    assert "val count 2" in told
    assert (run / "report.html").read_text().count("data:image/png") == 4


def test_a_run_that_goes_on_says_so(run: Path, program: Program) -> None:
    (run / "model.safetensors").unlink()
    (run / "history.csv").write_text(
        "\n".join((run / "history.csv").read_text().splitlines()[:3]) + "\n"
    )
    assert program("report", run) == 0
    assert "This run is not finished: it was at epoch 2 when this page" in text_of(run)


def test_a_history_alone_has_its_curves(run: Path, program: Program) -> None:
    alone = run.parent / "alone"
    alone.mkdir()
    shutil.copy(run / "history.csv", alone)
    assert program("report", alone) == 0
    told = text_of(alone)
    assert "This run ended but holds no model.safetensors" in told
    assert "The folder holds no weights" in told
    assert "Curves" in told


def test_scores_of_test_scans_stand_in_a_table_with_their_rivals(
    run: Path, program: Program
) -> None:
    ours = {"mean": {"iou": 0.8, "dice": None}, "n": 12, "intervals": {"iou": [0.7, 0.9]}}
    rivals = {"otsu": {"mean": {"iou": 0.5}, "n": 12}}
    (run / "scores.json").write_text(json.dumps({**ours, "baselines": rivals}))
    assert program("report", run) == 0
    assert "this model, 12 scans 0.800 (0.700 to 0.900) –" in text_of(run)
    assert "otsu 0.500" in text_of(run)


def _damaged_history(run: Path) -> tuple[Path | str, ...]:
    (run / "history.csv").write_text("epoch,step\n1,two\n")
    return (run,)


def _empty_history(run: Path) -> tuple[Path | str, ...]:
    (run / "history.csv").write_text("epoch,step\n")
    return (run,)


def _no_history(run: Path) -> tuple[Path | str, ...]:
    (run / "history.csv").unlink()
    return (run,)


def _damaged_scores(run: Path) -> tuple[Path | str, ...]:
    (run / "scores.json").write_text('{"cases": []}')
    return (run,)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_damaged_history, "history.csv: ValueError invalid literal for int() with base 10: 'two'"),
        (_empty_history, "the history of tiny holds no epoch; a page needs one epoch at least"),
        (_no_history, "tiny is a run without a finished epoch; history.csv, which the first"),
        (_damaged_scores, "scores as `lumenfield evaluate --json` prints them: print them again"),
        (lambda run: (run, "--truth", run), "--truth for a training run; it belongs to one case"),
        (lambda run: (run / "samples",), "samples holds no run.json; cases with run.json, a train"),
    ],
)
def test_a_run_that_has_no_page_is_told_in_a_line(
    spoil: Callable[[Path], tuple[Path | str, ...]],
    message: str,
    run: Path,
    program: Program,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert program("report", *spoil(run)) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


ROW = {"network": "unet", "ndim": 2, "size": 24, "loss": "Dice", "seed": 0, "iou": 0.5}
ROW |= {"rms_voxels": 1.5, "parameters": 2_000_000}


def test_a_study_gathers_its_seeds_and_shows_what_was_found(
    finished: Path, tmp_path: Path, program: Program
) -> None:
    other = {**ROW, "loss": "cross-entropy", "network": "residual unet"}
    rows = [ROW, {**ROW, "seed": 1, "iou": 0.7}, other]
    (tmp_path / "results.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    kept = tmp_path / "runs" / "unet_2d_24_Dice_seed_0"
    kept.mkdir(parents=True)
    shutil.copy(finished / "best.safetensors", kept)
    words = [
        "--count",
        "2",
        "--val-count",
        "1",
        "--ndim",
        "2",
        "--size",
        "24",
        "--format",
        "nii.gz",
    ]
    assert program("generate", tmp_path / "scans" / "2d-24-test", *words) == 0
    assert program("report", tmp_path) == 0
    told = text_of(tmp_path)
    assert "unet, Dice 0.600 ± 0.141 1.50 ± 0.00 2.0" in told
    assert "On 24×24, 2 of 4 cells still to be run." in told
    assert (tmp_path / "report.html").read_text().count("data:image/png") == 1


def test_a_study_with_a_strange_line_is_told_in_a_line(
    tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results.jsonl").write_text(json.dumps(ROW) + '\n{"network": "unet"}\n')
    assert program("report", tmp_path) == 2
    assert "results.jsonl, line 2: KeyError 'loss'; a run of the study" in capsys.readouterr().err
