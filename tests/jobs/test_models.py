"""Networks of one's own: added under a name, found by it, verified, removed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lumenfield.networks import Checkpoint, UNetConfig, build, save_checkpoint
from lumenfield.networks.models import find_model, local_folder

Program = Callable[..., int]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkpoint, and an empty place for a user's networks."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    path = tmp_path / "mine.safetensors"
    save_checkpoint(path, Checkpoint(build(UNetConfig(ndim=2, widths=(2, 4))).eval()))
    return path


def test_a_network_is_added_listed_used_by_name_and_removed(
    own: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program("models", "add", own, "--name", "aorta") == 0
    own.unlink()
    assert find_model("aorta").path == local_folder() / "aorta.safetensors"
    capsys.readouterr()
    assert program("models", "--json") == 0
    names = [model["name"] for model in json.loads(capsys.readouterr().out)["models"]]
    assert {"aorta", "vessel3d"} <= set(names)
    assert program("models", "verify") == 0
    assert program("models", "remove", "aorta") == 0
    assert not local_folder().joinpath("aorta.safetensors").exists()


def test_what_was_shipped_is_what_it_was(
    own: Path, program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """If a network was shipped anew, its hash belongs into shipped/sha256.json."""
    assert program("models", "verify") == 0
    monkeypatch.setattr("lumenfield.jobs.models.recorded_hashes", lambda: {"vessel3d": "0"})
    capsys.readouterr()
    assert program("models", "verify", "--json") == 2
    found = {m["name"]: m["error"] for m in json.loads(capsys.readouterr().out)["models"]}
    assert found["vessel3d"] == "its weights are not those it was shipped with"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "mine.safetensors", "--name", "vessel3d"), "model vessel3d is there already"),
        (("add", "mine.safetensors", "--name", "../x"), "is no plain name"),
        (("remove", "vessel3d"), "model vessel3d is shipped"),
        (("remove", "nothing"), "model nothing was not added"),
        (("add",), "add and remove take one network"),
        (("verify", "x"), "add and remove take one network"),
    ],
)
def test_what_cannot_be_is_told(
    words: tuple[str, ...],
    message: str,
    own: Path,
    program: Program,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(own.parent)
    assert program("models", *words) == 2
    assert message in capsys.readouterr().err


def test_a_damaged_network_is_found(
    own: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program("models", "add", own) == 0
    (local_folder() / "mine.safetensors").write_bytes(b"no weights")
    assert program("models", "verify") == 2
    assert "is not a checkpoint" in capsys.readouterr().out
