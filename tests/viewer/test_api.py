"""The API as described: whatever is sent, no 500, and no file outside the private folder."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient

from lumenfield.viewer.openapi import OPENAPI
from lumenfield.viewer.uploads import Uploads

schemathesis = pytest.importorskip("schemathesis")

TRIES = 12


def test_every_described_address_is_answered(server: TestClient):
    for path, methods in OPENAPI["paths"].items():
        place = path.replace("{scan}", "none").replace("{case}", "none").replace("{name}", "none")
        for method in methods:
            answer = server.request(method, place)
            assert str(answer.status_code) in methods[method]["responses"]


def test_the_page_for_people_names_every_address(server: TestClient):
    page = server.get("/api").text
    for path in OPENAPI["paths"]:
        assert path in page
    assert server.get("/api/openapi.json").json() == OPENAPI


def test_nothing_that_is_sent_breaks_it(
    server: TestClient, uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    empty = tmp_path / "here"
    empty.mkdir()
    monkeypatch.chdir(empty)
    before = set(os.listdir(tmp_path))
    schema = schemathesis.openapi.from_dict(OPENAPI)
    for operation in schema.get_all_operations():
        _try_many(server, operation.ok())
    assert set(os.listdir(tmp_path)) == before
    assert list(empty.iterdir()) == []
    for folder in uploads.root.iterdir():
        assert folder.name in {job.key for job in uploads.queue.jobs()}


def _try_many(server: TestClient, operation: object) -> None:
    from hypothesis import given

    @settings(
        max_examples=TRIES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def attempt(case: object) -> None:
        answer = case.call(session=server, base_url="http://127.0.0.1:8000")
        assert answer.status_code < 500
        case.validate_response(answer)

    attempt()
