"""The server itself: ports, missing parts, and the end of a real process."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from lumenfield.cli import main
from lumenfield.errors import InputError
from lumenfield.viewer import bundle, serving

needs_niivue = pytest.mark.skipif(
    not bundle.is_bundled(), reason="NiiVue is not bundled: python -m lumenfield.viewer.bundle"
)


def test_a_port_in_use_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"127\.0\.0\.1:{port} cannot be used .* --port 0"):
            serving.bind("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70000), ("192.0.2.1", 0), ("no.invalid", 0)]
)
def test_a_place_that_is_not_ours_is_one_line(host: str, port: int):
    with pytest.raises(InputError, match="a free port of this machine"):
        serving.bind(host, port)


def test_an_address_holds_its_token():
    address = serving.bind("127.0.0.1", 0)
    with address.socket:
        assert address.is_loopback
        assert address.url == f"http://127.0.0.1:{address.port}/?token={address.token}"
        assert len(address.token) >= 32
        assert address.lock.opens_to(address.token)


def test_without_niivue_view_says_what_to_do(ball: Path, monkeypatch, capsys):
    monkeypatch.setattr(bundle, "BUNDLED", Path("/none/niivue.js"))
    assert main(["view", str(ball), "--no-browser"]) == 2
    assert "run `python -m lumenfield.viewer.bundle`" in capsys.readouterr().err


def test_without_the_extra_view_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(InputError, match=r"pip install 'lumenfield\[serve\]'"):
        serving.check_ready()


def test_limits_of_nothing_are_refused(capsys):
    assert main(["serve", "--max-upload", "0"]) == 2
    assert "each is more than zero" in capsys.readouterr().err


@needs_niivue
def test_a_scan_of_another_grid_is_refused(ball: Path, tmp_path: Path, make_ball, capsys):
    other = make_ball(tmp_path / "other", (9, 9, 9), 2.0) / "distance.nii.gz"
    assert main(["view", str(ball), "--scan", str(other), "--no-browser"]) == 2
    assert "9×9×9 of 1×1×1 mm" in capsys.readouterr().err


@needs_niivue
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_and_leaves_nothing(ball: Path, tmp_path: Path, ending: int):
    command = [sys.executable, "-m", "lumenfield.cli", "view", str(ball), "--no-browser", "--json"]
    command += ["--scan", str(ball / "distance.nii.gz")]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        headers = {"Authorization": f"Bearer {told['token']}"}
        place = f"http://127.0.0.1:{told['port']}/cases/ball"
        with urllib.request.urlopen(urllib.request.Request(place, headers=headers)) as page:
            assert b"lumenfield" in page.read()
        assert len(list(tmp_path.iterdir())) == 1
        process.send_signal(ending)
        assert process.wait(20) == 0
    assert list(tmp_path.iterdir()) == []
