"""The program: exit statuses, one clear line for what a user can mend, nothing left behind."""

import json
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest

import lumenfield
from lumenfield.cli import VERBS, main


def written(folder: Path, name: str, values: np.ndarray) -> Path:
    """Save an array as NIfTI without our own writer, which would refuse some of these."""
    nibabel.Nifti1Image(values, np.eye(4)).to_filename(folder / name)
    return folder / name


def bad_scans(folder: Path) -> dict[str, tuple[Path, str]]:
    """Scans that cannot be segmented, and the words that tell why."""
    draw = np.random.default_rng(0)
    (folder / "text.nii.gz").write_text("this is text")
    return {
        "missing": (folder / "missing.nii.gz", "missing.nii.gz"),
        "text": (folder / "text.nii.gz", "text.nii.gz"),
        "nan": (
            written(folder, "nan.nii.gz", np.full((9, 9, 9), np.nan, np.float32)),
            "729 of 729 values that are NaN or infinite",
        ),
        "one": (written(folder, "one.nii.gz", np.ones((1, 1, 1), np.float32)), "1"),
        "four": (written(folder, "four.nii.gz", draw.random((6, 6, 6, 3), np.float32)), "6×6×6×3"),
    }


@pytest.mark.parametrize("kind", ["missing", "text", "nan", "one", "four"])
def test_bad_scans_give_one_line_and_leave_nothing(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, words = bad_scans(tmp_path)[kind]
    assert main(["segment", str(path), "-o", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err
    assert captured.err.startswith("lumenfield: ")
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    assert stop.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from lumenfield.cli import main\ntry: main(['--help'])\nfinally: "
    code += "assert not {'torch', 'numpy', 'scipy', 'nibabel', 'matplotlib'} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "segment" in done.stdout


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("lumenfield 0.")


def test_an_unknown_setting_is_suggested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["segment", "scan.nii.gz", "-o", str(tmp_path), "--set", "predict.tiel=64"]
    assert main(words) == 2
    assert "did you mean tile?" in capsys.readouterr().err


def test_a_fault_of_ours_is_exit_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("lumenfield.io.describe", broken)
    assert main(["info", "x.nii.gz"]) == 1
    assert "fault of ours" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        main(["info", "x.nii.gz", "--traceback"])


def test_info_and_convert_speak_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scan = written(tmp_path, "a.nii.gz", np.arange(60, dtype=np.int16).reshape(3, 4, 5))
    assert main(["convert", str(scan), str(tmp_path / "b.mha"), "--json"]) == 0
    capsys.readouterr()
    assert main(["info", str(tmp_path / "b.mha"), "--json", "--range"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["shape"] == [3, 4, 5]
    assert facts["maximum"] == 59


def test_info_speaks_to_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 5)))
    assert main(["info", str(tmp_path / "a.npy")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "shape          3 × 4 × 5" in lines
    assert "has_geometry   no" in lines
    assert lines[-1] == "  note: no voxel size is recorded; 1 mm was assumed: pass --spacing"


@pytest.mark.parametrize(
    "words", [["segment", "a.nii"], ["export", "a", "--to", "x"], ["info", "-x"]]
)
def test_words_it_does_not_know_give_one_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("lumenfield: ")
    assert told.endswith("--help\n")
    assert told.count("\n") == 1


def test_models_are_listed_with_their_hash(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    models = {m["name"]: m for m in json.loads(capsys.readouterr().out)["models"]}
    assert models["vessel3d"]["ndim"] == 3
    assert models["vessel3d"]["megabytes"] <= 16
    assert len(models["vessel3d"]["sha256"]) == 64


def test_every_public_name_can_be_had() -> None:
    for name in lumenfield.__all__:
        assert getattr(lumenfield, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = lumenfield.nothing
