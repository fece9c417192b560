"""Who may ask: the token, the host, the header; and what pages may load."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from lumenfield.viewer.apps import view_app
from lumenfield.viewer.case import open_cases
from lumenfield.viewer.guard import Lock

TOKEN = "not-so-secret"


@pytest.fixture
def stranger(ball: Path) -> TestClient:
    app = view_app(open_cases(ball), Lock(TOKEN, frozenset({"mri-station"})))
    return TestClient(app, "http://127.0.0.1:8000", follow_redirects=False)


def test_a_stranger_sees_nothing(stranger: TestClient):
    for place in ("/", "/cases/ball", "/api/cases/ball", "/static/view.js", "/nowhere"):
        answer = stranger.get(place)
        assert answer.status_code == 401
        assert "without this server's token" in answer.json()["message"]


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], "é"])
def test_a_wrong_token_opens_nothing(stranger: TestClient, token: str):
    assert stranger.get("/", params={"token": token}).status_code == 401
    header = {"Authorization": f"Bearer {token}".encode()}
    assert stranger.get("/", headers=header).status_code == 401
    assert (
        stranger.get("/", headers={"Cookie": f"lumenfield-8000={token}".encode()}).status_code
        == 401
    )


def test_the_printed_address_moves_its_token_into_a_cookie(stranger: TestClient):
    answer = stranger.get(f"/cases/ball?token={TOKEN}&a=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/cases/ball?a=1"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger.get("/cases/ball").status_code == 200


def test_the_address_never_leads_elsewhere(stranger: TestClient):
    for place in ("//evil.example/x", "/\\evil.example"):
        answer = stranger.get(f"http://127.0.0.1:8000{place}?token={TOKEN}")
        assert answer.headers["location"] in ("/evil.example/x", "/%5Cevil.example")


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost:8000", True),
        ("127.0.0.1", True),
        ("[::1]:8000", True),
        ("192.168.1.7:8000", True),
        ("MRI-station:8000", True),
        ("evil.example:8000", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_only_names_of_this_machine_are_answered(stranger: TestClient, host: str, known: bool):
    headers = {"Host": host, "Authorization": f"Bearer {TOKEN}"}
    answer = stranger.get("/api/cases/ball", headers=headers)
    assert answer.status_code == (200 if known else 421)


def test_a_cookie_alone_changes_nothing(stranger: TestClient):
    stranger.get(f"/?token={TOKEN}")
    refused = stranger.delete("/api/cases/ball")
    assert refused.status_code == 403
    assert "another page" in refused.json()["came"]
    # With the header it passes the guard; nothing there takes a DELETE.
    assert stranger.delete("/api/cases/ball", headers={"X-Lumenfield": "1"}).status_code == 405


def test_pages_may_load_nothing_from_elsewhere(viewer: TestClient):
    for place in ("/cases/ball", "/static/view.js", "/api/cases/ball"):
        headers = viewer.get(place).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


def test_a_websocket_is_closed(stranger: TestClient):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect), stranger.websocket_connect("/"):
        pass
