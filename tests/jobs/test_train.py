"""`train` from a folder and from a stream: a model comes out that segments."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lumenfield.networks import load_checkpoint

Program = Callable[..., int]
TINY = [
    "--set", "training.network.widths=[4, 8]",
    "--set", "training.network.ndim=2",
    "--set", "training.steps_per_epoch=25",
    "--set", "training.learning_rate=0.02",
    "--set", "training.warm_up_steps=1",
    "--set", "training.max_epochs=2",
    "--set", "stream.size=32",
    "--set", "stream.workers=0",
    "--set", "stream.val_count=2",
    "--set", "stream.calibration_count=3",
    "--set", "batches.patch=[32, 32]",
]  # fmt: skip


def test_a_streamed_run_leaves_a_calibrated_model(
    tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert program("train", "--stream", "any", "-o", run, *TINY, "--json") == 0
    assert json.loads(capsys.readouterr().out)["model"].endswith("model.safetensors")
    checkpoint = load_checkpoint(run / "model.safetensors")
    assert checkpoint.provenance["recipe"] == "any"
    assert checkpoint.provenance["calibrated"] == "on 3 scans"
    assert checkpoint.calibration.spread_voxels != 0.5
    assert len((run / "history.csv").read_text().splitlines()) == 3


def test_a_stream_has_the_distances_that_its_losses_ask_for(
    tmp_path: Path, program: Program
) -> None:
    words = ("train", "--stream", "any", "-o", tmp_path / "run", *TINY)
    loss = ("--set", 'training.loss.terms=[["boundary", 1.0]]', "--set", "training.max_epochs=1")
    assert program(*words, *loss, "--set", "training.steps_per_epoch=2") == 0


def test_a_network_that_finds_nothing_is_kept_and_says_so(tmp_path: Path, program: Program) -> None:
    words = ("train", "--stream", "any", "-o", tmp_path / "run", *TINY)
    assert program(*words, "--set", "training.learning_rate=1e-12") == 0
    model = load_checkpoint(tmp_path / "run" / "model.safetensors")
    assert model.provenance["calibrated"].startswith(("not: no wall was found", "on 3"))


def test_a_generated_folder_trains(tmp_path: Path, program: Program) -> None:
    data, run = tmp_path / "data", tmp_path / "run"
    words = ("generate", data, "--count", 3, "--val-count", 2, "--ndim", 2, "--size", 40)
    assert program(*words) == 0
    assert program("train", data, "-o", run, *TINY) == 0
    assert (run / "model.safetensors").is_file()


def test_a_run_starts_from_weights(tmp_path: Path, program: Program) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    program("train", "--stream", "any", "-o", first, *TINY)
    words = ("train", "--stream", "any", "-o", second, *TINY, "--set", f"start={first}")
    assert program(*words, "--set", "training.learning_rate=1e-12") == 0
    given = load_checkpoint(first / "model.safetensors").network.head.weight
    trained = load_checkpoint(second / "last.safetensors").network.head.weight
    assert (given - trained).abs().max() < 1e-3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "neither a data folder nor a stream"),
        (["--stream", "anny"], "recipe anny; known are any"),
        (["--stream", "any", "--set", "training.lerning_rate=1"], "did you mean learning_rate"),
        (["--stream", "any", "--set", "start=nowhere"], "model nowhere"),
    ],
)
def test_what_cannot_train_is_told_before_it_starts(
    tmp_path: Path,
    program: Program,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    message: str,
) -> None:
    assert program("train", "-o", tmp_path / "run", *words) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
