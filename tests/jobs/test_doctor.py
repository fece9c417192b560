"""The doctor: every finding says what was found, and what is not good has its fix."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lumenfield.jobs import doctor
from lumenfield.jobs.doctor import examine

Program = Callable[..., int]


def test_this_machine_is_looked_at_whole() -> None:
    findings = list(examine())
    names = {finding.name for finding in findings}
    wanted = {"python", "torch", "processor", "threads", "waiting threads", "memory", "GPU"}
    assert wanted | {"temporary files", "model vessel3d", "extra cluster", "speed"} <= names
    assert all(finding.found for finding in findings)
    assert all(bool(finding.fix) == (finding.verdict != "good") for finding in findings)


def test_a_ready_machine_is_exit_0_and_json_is_one_object(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    assert program("doctor", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ready"] is True
    assert {"name", "verdict", "found", "fix"} == set(told["findings"][0])


def test_what_must_be_mended_is_exit_2_with_its_fix(
    program: Program, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "_writable", lambda place: False)
    monkeypatch.setattr(doctor, "CHECKS", (doctor._disk,))
    assert program("doctor") == 2
    shown = capsys.readouterr().out
    assert "MEND  temporary files" in shown
    assert "or set TMPDIR" in shown
    assert "not ready: mend temporary files" in shown


def test_a_damaged_model_must_be_mended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("lumenfield.jobs.models.recorded_hashes", dict)
    verdicts = {finding.name: finding for finding in doctor._models()}
    assert verdicts["model vessel3d"].verdict == "bad"
    assert verdicts["model vessel3d"].fix == "install the package again"
