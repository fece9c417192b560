"""A small case on disk, and the two applications asked in this process."""

import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lumenfield import io
from lumenfield.datatypes import Volume, scaling
from lumenfield.prior import wall_mesh
from lumenfield.viewer.apps import serve_app, view_app
from lumenfield.viewer.case import open_cases
from lumenfield.viewer.guard import Lock
from lumenfield.viewer.queue import JobQueue
from lumenfield.viewer.uploads import Limits, Uploads

with warnings.catch_warnings():
    # It asks for a successor of httpx that works the same.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

TOKEN = "not-so-secret"

WORK = '''
"""Work for the queue's processes, which import it by its name."""
import os, shutil, time
from pathlib import Path
from lumenfield.errors import InputError

def do(task, tick):
    """Copy a finished case, or do what the name of the upload asks for."""
    tick("network", 1, 2)
    if task.name == "wrong":
        raise InputError("it is wrong", "a right one", "mend it")
    if task.name == "fault":
        raise RuntimeError("a surprise")
    if task.name == "crash":
        os.kill(os.getpid(), 9)
    if task.name == "slow":
        time.sleep(60)
    shutil.copytree(CASE, task.case)
    shutil.copy(Path(CASE) / "distance.nii.gz", task.scan)
'''


def write_ball(folder: Path, shape: tuple[int, ...] = (20, 18, 16), radius_mm: float = 5.0) -> Path:
    """Write a case folder around a ball in the middle of a grid of 1 mm."""
    folder.mkdir(parents=True)
    middle = (np.array(shape) - 1) / 2
    steps = np.indices(shape) - middle.reshape(-1, *[1] * len(shape))
    distance = (np.linalg.norm(steps, axis=0) - radius_mm).astype(np.float32)
    grid = Volume(distance, scaling((1.0,) * len(shape)))
    spread = 0.2 + 0.01 * steps[0].astype(np.float32)
    volumes = {
        "distance": distance,
        "spread": spread.astype(np.float32),
        "mask": (distance < 0).astype(np.uint8),
        "probability": (1 / (1 + np.exp(distance))).astype(np.float32),
    }
    for name, values in volumes.items():
        io.write(grid.like(values), folder / f"{name}.nii.gz")
    if len(shape) == 3 and radius_mm > 0:
        io.write_mesh(wall_mesh(grid), folder / "wall.stl")
    record = {"scan": "ball.nii.gz", "chi2": 1.02, "caps": [], "warnings": ["a doubt"]}
    amount = {"lumen_ml": 0.53} if len(shape) == 3 else {"lumen_cm2": 0.79}
    record |= {**amount, "wall_95_mm": 0.39}
    (folder / "run.json").write_text(json.dumps(record))
    (folder / "report.html").write_text("<!DOCTYPE html><title>ball</title>")
    return folder


@pytest.fixture(scope="session")
def ball(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case folder with everything in it."""
    return write_ball(tmp_path_factory.mktemp("out") / "ball")


@pytest.fixture(scope="session")
def make_ball() -> Callable[..., Path]:
    """Write case folders."""
    return write_ball


@pytest.fixture
def viewer(ball: Path) -> TestClient:
    """The viewer, asked with its token."""
    return _client(view_app(open_cases(ball), Lock(TOKEN)))


@pytest.fixture
def uploads(tmp_path: Path, ball: Path, monkeypatch: pytest.MonkeyPatch) -> Uploads:
    """Places for uploads, whose work copies a finished case."""
    module = tmp_path / "modules" / "viewer_test_work.py"
    module.parent.mkdir()
    module.write_text(f"CASE = {str(ball)!r}\n{WORK}")
    monkeypatch.syspath_prepend(str(module.parent))
    monkeypatch.delitem(sys.modules, "viewer_test_work", raising=False)
    from viewer_test_work import do

    root = tmp_path / "private"
    root.mkdir(mode=0o700)
    return Uploads(root, JobQueue(do), ("vessel3d",), Limits(max_bytes=2000, max_scans=3))


@pytest.fixture
def server(uploads: Uploads) -> Iterator[TestClient]:
    """The server of uploads, running, asked with its token."""
    with _client(serve_app(uploads, Lock(TOKEN))) as client:
        yield client


def _client(app: object) -> TestClient:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return TestClient(app, "http://127.0.0.1:8000", headers=headers, raise_server_exceptions=False)
