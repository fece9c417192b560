"""Uploads: names that are no paths, limits, and places that are given back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from lumenfield.errors import InputError
from lumenfield.viewer.uploads import Uploads, safe_name

Row = dict[str, Any]


def sent(server: TestClient, name: str = "a.npy", body: bytes = b"x", **asked: str) -> Any:
    return server.post("/api/scans", params={"name": name, **asked}, content=body)


@pytest.fixture
def ended(server: TestClient) -> Callable[[str], Row]:
    """Wait until a scan is done or failed."""

    def wait(key: str) -> Row:
        for _ in range(600):
            row: Row = server.get(f"/api/scans/{key}").json()
            if row["state"] in ("done", "failed"):
                return row
            time.sleep(0.05)
        raise AssertionError("it did not end")

    return wait


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("scan.nii.gz", "scan"),
        ("../../etc/passwd.nii", "passwd"),
        ("C:\\data\\Müller 3.mha", "M_ller_3"),
        ("...npy", "scan"),
        ("-rf.npy", "rf"),
        ("a\0b.npy", "ab"),
        ("x" * 300 + ".npy", "x" * 64),
        ("", "scan"),
    ],
)
def test_a_name_becomes_a_plain_word(given: str, kept: str):
    assert safe_name(given) == kept


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ({"name": "a.exe"}, r"a\.exe is of no known format; one file ending in \.npy"),
        ({"name": ""}, "a file without a name"),
        ({"name": "a.mhd"}, r"a\.mhd is of no known format"),
        ({"name": "a.tar.gz"}, r"a\.tar\.gz is of no known format"),
        ({"name": "a.npy", "time": "-1"}, "frame -1; mean, or a frame counted from 0"),
        ({"name": "a.npy", "model": "/etc/passwd"}, "model /etc/passwd; offered are vessel3d"),
        ({"name": "a.npy", "spacing": "1"}, "a spacing of 1; two or three edges in mm"),
        ({"name": "a.npy", "spacing": "1 1 nan"}, "two or three edges"),
        ({"name": "a.npy", "spacing": "1 -1 1"}, "two or three edges"),
    ],
)
def test_a_wrong_upload_is_one_line(uploads: Uploads, asked: dict[str, str], line: str):
    with pytest.raises(InputError, match=line):
        uploads.admit(**{"file_name": asked.pop("name"), "model": "", "spacing": "", **asked})
    assert list(uploads.root.iterdir()) == []


def test_a_scan_goes_from_upload_to_pack(server: TestClient, ended: Callable[[str], Row]):
    answer = sent(server, "../my scan.nii.gz", model="vessel3d", spacing="1 1 2")
    assert answer.status_code == 202
    key = answer.json()["id"]
    assert ended(key)["state"] == "done"
    assert server.get(f"/api/cases/{key}").json()["base"] == "scan"
    assert server.get(f"/api/cases/{key}").json()["name"] == "my_scan"
    assert server.get(f"/cases/{key}").status_code == 200
    assert server.get(f"/api/cases/{key}/scan.nii").status_code == 200
    assert (
        server.get(f"/api/cases/{key}/pack").headers["content-disposition"].endswith('my_scan.zip"')
    )


def test_a_failed_scan_says_the_line_of_the_command(
    server: TestClient, ended: Callable[[str], Row]
):
    row = ended(sent(server, "wrong.npy").json()["id"])
    assert row["error"]["message"] == "it is wrong; a right one: mend it"
    assert not row["is_fault"]
    assert server.get(f"/api/cases/{row['id']}").status_code == 404


def test_a_crash_costs_its_own_scan_alone(server: TestClient, ended: Callable[[str], Row]):
    crash, good = (sent(server, name).json()["id"] for name in ("crash.npy", "good.npy"))
    assert "killed, most likely for want of memory" in ended(crash)["error"]["came"]
    assert ended(good)["state"] == "done"


def test_a_fault_of_ours_is_told_as_one(server: TestClient, ended: Callable[[str], Row]):
    row = ended(sent(server, "fault.npy").json()["id"])
    assert row["is_fault"]
    assert row["error"]["came"] == "RuntimeError: a surprise"


def test_a_running_scan_can_be_removed(
    server: TestClient, uploads: Uploads, ended: Callable[[str], Row]
):
    slow, good = (sent(server, name).json()["id"] for name in ("slow.npy", "good.npy"))
    assert server.get(f"/api/scans/{good}").json()["ahead"] == 1
    assert server.delete(f"/api/scans/{slow}").status_code == 204
    assert server.get(f"/api/scans/{slow}").status_code == 404
    assert server.delete(f"/api/scans/{slow}").status_code == 404
    assert ended(good)["state"] == "done"
    assert [place.name for place in uploads.root.iterdir()] == [good]


def test_a_scan_removed_while_it_is_sent_does_not_come_back(uploads: Uploads):
    upload = uploads.admit("a.npy", "", "")

    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"
        uploads.remove(upload.key)
        yield b"x"

    asyncio.run(uploads.receive(upload, chunks()))
    assert uploads.queue.jobs() == ()
    assert list(uploads.root.iterdir()) == []


def test_too_large_is_refused_however_it_is_sent(server: TestClient, uploads: Uploads):
    whole = sent(server, body=b"x" * 3000)
    pieces = server.post("/api/scans?name=a.npy", content=(b"x" * 500 for _ in range(6)))
    for answer in (whole, pieces):
        assert answer.status_code == 413
        assert "larger --max-upload" in answer.json()["todo"]
    assert list(uploads.root.iterdir()) == []
    assert server.get("/api/scans").json() == {"scans": []}


def test_an_empty_scan_is_refused(server: TestClient, uploads: Uploads):
    assert sent(server, body=b"").json()["came"] == "the scan is empty"
    assert list(uploads.root.iterdir()) == []


def test_no_more_scans_than_the_limit_are_kept(server: TestClient):
    assert [sent(server, "slow.npy").status_code for _ in range(4)] == [202, 202, 202, 429]


def test_a_finished_scan_goes_after_its_time(
    server: TestClient, uploads: Uploads, ended: Callable[[str], Row], monkeypatch: Any
):
    key = ended(sent(server).json()["id"])["id"]
    uploads.sweep()
    assert (uploads.root / key).is_dir()
    late = time.monotonic() + uploads.limits.keep_s + 1
    monkeypatch.setattr(time, "monotonic", lambda: late)
    uploads.sweep()
    assert not (uploads.root / key).exists()
    assert server.get(f"/api/scans/{key}").status_code == 404


def test_uploads_are_for_their_owner_alone(server: TestClient, uploads: Uploads):
    key = sent(server, "slow.npy").json()["id"]
    assert (uploads.root / key).stat().st_mode & 0o077 == 0


def test_an_ending_server_ends_its_work(uploads: Uploads):
    from lumenfield.viewer.apps import serve_app
    from lumenfield.viewer.guard import Lock

    headers = {"Authorization": "Bearer t"}
    with TestClient(serve_app(uploads, Lock("t")), "http://localhost", headers=headers) as client:
        sent(client, "slow.npy")
        for _ in range(200):
            if uploads.queue._process is not None:
                break
            time.sleep(0.02)
        process = uploads.queue._process[1]
    with pytest.raises(ValueError, match="closed"):
        process.is_alive()
