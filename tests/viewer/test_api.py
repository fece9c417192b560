"""The API as described: whatever is sent, no 500, and no file outside the private folder."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient

from lumenfield.viewer.apps import serve_app
from lumenfield.viewer.guard import Lock
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
    assert "http://127.0.0.1:8000/api/scans?name=" in page
    assert server.get("/api/openapi.json").json() == OPENAPI


def test_nothing_that_is_sent_breaks_it(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    app = serve_app(uploads, Lock("t", frozenset({"testserver"})))
    empty = tmp_path / "here"
    empty.mkdir()
    monkeypatch.chdir(empty)
    before = set(os.listdir(tmp_path))
    headers = {"Authorization": "Bearer t"}
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=headers)
    for operation in schema.get_all_operations():
        _try_many(operation.ok(), headers)
    assert set(os.listdir(tmp_path)) == before
    assert list(empty.iterdir()) == []
    for folder in uploads.root.iterdir():
        assert folder.name in {job.key for job in uploads.queue.jobs()}


def _try_many(operation: object, headers: dict[str, str]) -> None:
    from hypothesis import given
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    @settings(
        max_examples=TRIES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def attempt(case: object) -> None:
        answer = case.call(headers=headers)
        assert answer.status_code < 500
        # A text is a fair name, and yet of no known format: refusing it is right.
        case.validate_response(answer, headers=headers, excluded_checks=[positive_data_acceptance])

    attempt()
