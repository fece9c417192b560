"""`train` from a folder and from a stream: a model comes out that segments."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
import torch

from lumenfield.cli import main
from lumenfield.jobs.train import TrainJob, finish_run
from lumenfield.networks import Checkpoint, UNetConfig, build, load_checkpoint, save_checkpoint
from lumenfield.training import TrainingConfig

Program = Callable[..., int]
TINY = [
    "--set", "training.network.widths=[4, 8]",
    "--set", "training.steps_per_epoch=2",
    "--set", "training.learning_rate=0.02",
    "--set", "training.warm_up_steps=1",
    "--set", "training.max_epochs=1",
    "--set", "batches.batch_size=1",
]  # fmt: skip
STREAM = [
    "--stream", "any",
    *TINY,
    "--set", "training.ndim=2",
    "--set", "stream.size=24",
    "--set", "stream.workers=0",
    "--set", "stream.val_count=1",
    "--set", "stream.calibration_count=1",
]  # fmt: skip


@pytest.fixture(scope="module")
def streamed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run long enough to find a wall."""
    run = tmp_path_factory.mktemp("streamed") / "run"
    longer = ("--set", "training.steps_per_epoch=40")
    assert main(["train", "-o", str(run), *STREAM, *longer]) == 0
    return run


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of 2-D pairs, as `generate` makes it by default."""
    data = tmp_path_factory.mktemp("flat") / "data"
    words = ("--count", "2", "--val-count", "1", "--ndim", "2", "--size", "24")
    assert main(["generate", str(data), *words]) == 0
    return data


def test_a_streamed_run_leaves_a_calibrated_model(streamed: Path) -> None:
    checkpoint = load_checkpoint(streamed / "model.safetensors")
    assert checkpoint.provenance["recipe"] == "any"
    assert checkpoint.provenance["calibrated"] == "on 1 scans"
    assert checkpoint.uncalibrated == ""
    assert checkpoint.calibration.spread_voxels != 0.5
    assert len((streamed / "history.csv").read_text().splitlines()) == 2


def test_a_run_starts_from_weights(streamed: Path, tmp_path: Path, program: Program) -> None:
    words = ("train", "-o", tmp_path / "run", *STREAM, "--set", f"start={streamed}")
    assert program(*words, "--set", "training.learning_rate=1e-12") == 0
    given = load_checkpoint(streamed / "model.safetensors").network.head.weight
    trained = load_checkpoint(tmp_path / "run" / "last.safetensors").network.head.weight
    assert (given - trained).abs().max() < 1e-3


def test_a_stream_has_the_distances_that_its_losses_ask_for(
    tmp_path: Path, program: Program
) -> None:
    loss = ("--set", 'training.loss.terms=[["boundary", 1.0]]')
    assert program("train", "-o", tmp_path / "run", *STREAM, *loss) == 0


def test_a_network_that_finds_nothing_says_so_at_its_end_and_in_the_list(
    tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert program("train", "-o", run, *STREAM, "--set", "training.learning_rate=1e-12") == 0
    why = load_checkpoint(run / "model.safetensors").uncalibrated
    assert why
    assert f"not calibrated: {why}" in capsys.readouterr().out
    assert program("models", run) == 0
    assert f"not calibrated: {why}" in capsys.readouterr().out


def test_a_folder_gives_the_network_and_the_patch_its_axes_and_distances(
    flat: Path, tmp_path: Path, program: Program
) -> None:
    loss = ("--set", 'training.loss.terms=[["boundary", 1.0]]')
    assert program("train", flat, "-o", tmp_path / "run", *TINY, *loss) == 0
    kept = json.loads((tmp_path / "run" / "job.json").read_text())
    assert kept["training"]["network"]["ndim"] == 2
    assert kept["batches"]["patch"] == [64, 64]


def test_a_resumed_run_keeps_its_settings_beneath_the_new_ones(
    flat: Path, tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert program("train", flat, "-o", run, *TINY) == 0
    again = ("train", flat, "-o", run, "--resume")
    assert program(*again) == 0
    assert program(*again, "--set", "training.max_epochs=2") == 0
    assert len((run / "history.csv").read_text().splitlines()) == 3
    assert json.loads((run / "job.json").read_text())["batches"]["batch_size"] == 1
    assert program(*again, "--set", "training.network.widths=[4, 6]") == 2
    assert "this run has another network" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["training.ndim=3"], '--set training.ndim=2 --set "batches.patch=[64, 64]"'),
        (["batches.patch=[16, 16, 16]"], '--set training.ndim=2 --set "batches.patch=[16, 16]"'),
    ],
)
def test_axes_that_differ_are_told_once_and_leave_no_folder(
    flat: Path,
    tmp_path: Path,
    program: Program,
    capsys: pytest.CaptureFixture[str],
    settings: list[str],
    message: str,
) -> None:
    words = [word for setting in settings for word in ("--set", setting)]
    assert program("train", flat, "-o", tmp_path / "run", *TINY, *words) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_distances_without_a_voxel_size_are_refused_and_leave_no_folder(
    tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    words = ("--count", 1, "--val-count", 1, "--ndim", 2, "--size", 24, "--format", "npy")
    assert program("generate", data, *words) == 0
    loss = ("--set", 'training.loss.terms=[["boundary", 1.0]]')
    assert program("train", data, "-o", tmp_path / "run", *TINY, *loss) == 2
    assert "files that keep the voxel size" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "neither a data folder nor a stream"),
        (["nodir"], "nodir does not exist; pairs lie in a folder with train and val"),
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


@pytest.mark.parametrize("keep", ["best", "last"])
def test_a_run_ends_with_the_epoch_it_is_told_to_keep(
    keep: Literal["best", "last"], tmp_path: Path
) -> None:
    plan = UNetConfig(ndim=2, widths=(4, 8))
    for name in ("best", "last"):
        network = build(plan)
        torch.nn.init.constant_(network.head.bias, float(name == "last"))
        save_checkpoint(tmp_path / f"{name}.safetensors", Checkpoint(network))
    job = TrainJob(training=TrainingConfig(network=plan, keep=keep))
    kept = load_checkpoint(finish_run(job, tmp_path)).network.head.bias
    assert set(kept.tolist()) == {float(keep == "last")}
