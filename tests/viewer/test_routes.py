"""A case over HTTP: its facts, its files, the pack."""

import io
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient


def test_the_root_leads_to_the_case(viewer: TestClient):
    answer = viewer.get("/")
    assert answer.url.path == "/cases/ball"
    assert "Research use; not a medical device." in answer.text


def test_facts_and_files_are_those_of_the_folder(viewer: TestClient, ball: Path):
    facts = viewer.get("/api/cases/ball").json()
    assert facts["base"] == "probability"
    assert facts["cases"] == ["ball"]
    for name in facts["files"]:
        sent = viewer.get(f"/api/cases/ball/files/{name}")
        assert sent.content == (ball / name).read_bytes()
        assert "sandbox" in sent.headers["content-security-policy"]


@pytest.mark.parametrize(
    "place",
    [
        "/cases/other",
        "/api/cases/other",
        "/api/cases/other/pack",
        "/api/cases/ball/scan.nii",
        "/api/cases/ball/files/none",
        "/api/cases/ball/files/..%2Frun.json",
        "/api/cases/ball/files/%2Fetc%2Fpasswd",
        "/static/../case.py",
        "/static/%2e%2e/case.py",
        "/none",
    ],
)
def test_what_is_not_there_is_one_line(viewer: TestClient, place: str):
    answer = viewer.get(place)
    assert answer.status_code == 404
    assert answer.json()["came"] == "nothing is at this address"


def test_a_report_can_run_nothing_as_ours(viewer: TestClient, ball: Path):
    report = viewer.get("/cases/ball/report")
    assert report.text == (ball / "report.html").read_text()
    assert "sandbox" in report.headers["content-security-policy"]
    assert "allow-same-origin" not in report.headers["content-security-policy"]


def test_the_pack_is_the_whole_folder(viewer: TestClient, ball: Path):
    sent = viewer.get("/api/cases/ball/pack")
    with zipfile.ZipFile(io.BytesIO(sent.content)) as archive:
        assert sorted(archive.namelist()) == sorted(f"ball/{p.name}" for p in ball.iterdir())
        assert archive.read("ball/run.json") == (ball / "run.json").read_bytes()


def test_the_wall_is_sent_as_mz3(viewer: TestClient):
    assert viewer.get("/api/cases/ball/wall.mz3").content[:2] == b"MZ"
