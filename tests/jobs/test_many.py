"""Many scans: found, named, spread over workers, skipped where still valid, and summed up."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lumenfield import io
from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.inference import PredictOptions
from lumenfield.io.options import Time
from lumenfield.jobs import segment
from lumenfield.jobs.scans import find_scans, named_cases
from lumenfield.jobs.segment import segment_files
from lumenfield.jobs.validity import digest_of, fingerprint, valid_record
from lumenfield.jobs.workers import Workers
from lumenfield.pipeline import SegmentOptions

Program = Callable[..., int]
QUICK = ("--no-refine", "--set", "predict.scales=[1.0]", "--set", "predict.flips='none'")


@pytest.fixture
def scans(on_disk: Path) -> Path:
    """A folder with two small scans and a broken one."""
    folder = on_disk / "scans"
    folder.mkdir()
    scan = io.read(on_disk / "scan.nii.gz")
    for name in ("a", "b"):
        io.write(scan, folder / f"{name}.nii.gz")
    (folder / "c.nii.gz").write_text("not a scan")
    return folder


def test_folders_and_patterns_stand_for_their_scans(scans: Path) -> None:
    names = [path.name for path in find_scans([scans])]
    assert names == ["a.nii.gz", "b.nii.gz", "c.nii.gz"]
    assert find_scans([scans / "[ab].*"]) == [scans / "a.nii.gz", scans / "b.nii.gz"]
    assert find_scans([scans / "missing.nii.gz"]) == [scans / "missing.nii.gz"]


@pytest.mark.parametrize(("word", "message"), [("*.mha", "no file matches"), ("", "holds no scan")])
def test_a_pattern_or_folder_without_scans_is_told(tmp_path: Path, word: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_scans([tmp_path / word])


def test_where_names_meet_the_folders_go_before_them() -> None:
    paths = [Path("x/scan.nii.gz"), Path("y/scan.nii.gz"), Path("y/other.nii.gz")]
    names = [case.name for case in named_cases(paths, io.ReadOptions())]
    assert names == ["x_scan", "y_scan", "other"]


def test_frames_are_named_in_their_order(tmp_path: Path) -> None:
    for count, last in ((12, "a-t11"), (101, "a-t100")):
        np.save(tmp_path / "a.npy", np.zeros((4, 4, 4, count), np.float32))
        cases = named_cases([tmp_path / "a.npy"], io.ReadOptions(time="all"))
        names = [case.name for case in cases]
        assert names == sorted(names)
        assert names[-1] == last


@pytest.mark.parametrize(
    ("time", "names", "levels"),
    [("mean", ["a"], [1.0]), (2, ["a"], [2.0]), ("all", ["a-t00", "a-t01", "a-t02"], [0, 1, 2])],
)
def test_a_scan_in_time_is_one_case_or_one_a_frame(
    time: Time,
    names: list[str],
    levels: list[float],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Volume] = []

    def stop(scan: Volume, *_: object) -> None:
        seen.append(scan)
        raise InputError("enough", "seen", "stop")

    monkeypatch.setattr(segment, "run", stop)
    frames = np.stack([np.full((4, 5, 6), level, np.float32) for level in range(3)], -1)
    np.save(tmp_path / "a.npy", frames)
    reading = io.ReadOptions(time=time, spacing=(1.0, 1.0, 1.0))
    out = segment_files([tmp_path / "a.npy"], tmp_path / "out", SegmentOptions(), reading=reading)
    assert [case.name for case in out] == names
    assert [scan.shape for scan in seen] == [(4, 5, 6)] * len(names)
    assert [float(scan.values.mean()) for scan in seen] == levels


def test_what_is_still_valid_is_skipped_and_the_rest_summed_up(
    scans: Path, program: Program, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert program("segment", scans, "-o", out, *QUICK) == 2
    shown = capsys.readouterr().out
    assert "2 of 3 scans done; failed: c" in shown
    first = {f.name: f.stat().st_mtime_ns for f in (out / "a").iterdir()}
    spent = sum(json.loads((out / "a" / "run.json").read_text())["stages_s"].values())
    assert program("segment", scans / "[ab]*", "-o", out, *QUICK, "--json") == 0
    cases = json.loads(capsys.readouterr().out)["cases"]
    assert [case["status"] for case in cases] == ["still valid"] * 2
    assert {f.name: f.stat().st_mtime_ns for f in (out / "a").iterdir()} == first
    rows = list(csv.DictReader((out / "summary.csv").read_text().splitlines()))
    assert [(row["name"], row["status"]) for row in rows] == [
        ("a", "still valid"),
        ("b", "still valid"),
    ]
    assert float(rows[0]["lumen_ml"]) > 0.3
    assert float(rows[0]["seconds"]) == pytest.approx(spent, abs=0.06) != 0
    assert "lumen_cm2" not in shown


def test_the_fingerprint_knows_the_scan_the_options_and_the_networks(scans: Path) -> None:
    def mark(options: SegmentOptions = SegmentOptions(), models: str = "m", v: str = "1") -> str:  # noqa: B008
        (case,) = named_cases([scans / "a.nii.gz"], io.ReadOptions())
        return fingerprint(digest_of(io.read(case.path)), case, options, models, v)

    first = mark()
    assert mark(SegmentOptions(predict=PredictOptions(device="cpu", max_memory_gb=3.0))) == first
    others = [mark(SegmentOptions(refine=False)), mark(models="n"), mark(v="2")]
    scan = io.read(scans / "a.nii.gz")
    io.write(scan.like(scan.values + np.float32(1)), scans / "a.nii.gz")
    assert len({first, *others, mark()}) == 5


@pytest.mark.parametrize("name", ["a.mhd", "a.nii+b.nii"])
def test_the_fingerprint_knows_the_files_that_a_name_leads_to(tmp_path: Path, name: str) -> None:
    path = Path("+".join(str(tmp_path / part) for part in name.split("+")))
    marks = set()
    for level in (1, 2):
        for part in name.split("+"):
            scan = Volume(np.full((4, 4, 4), level, np.float32), np.eye(4))
            io.write(scan, tmp_path / part)
        (case,) = named_cases([path], io.ReadOptions())
        marks.add(fingerprint(digest_of(io.read(case.path)), case, SegmentOptions(), "m", "1"))
    assert len(marks) == 2


def test_a_record_counts_only_with_all_its_files(tmp_path: Path) -> None:
    record = {"fingerprint": "abc", "files": ["mask.nii.gz"]}
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert valid_record(tmp_path, "abc") is None
    (tmp_path / "mask.nii.gz").touch()
    assert valid_record(tmp_path, "abc") == record
    assert valid_record(tmp_path, "abd") is None


def test_a_failure_tells_of_results_that_lie_under_its_name(
    scans: Path, tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert program("segment", scans / "a.nii.gz", "-o", out, *QUICK) == 0
    (scans / "a.nii.gz").write_text("not a scan")
    capsys.readouterr()
    assert program("segment", scans / "[ac].*", "-o", out, *QUICK) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if "lumenfield: " in line]
    assert [line.endswith("still holds the results of an earlier run") for line in told] == [
        True,
        False,
    ]


def test_results_of_another_scan_are_replaced_with_a_note(
    scans: Path, tmp_path: Path, program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("segment", scans / "a.nii.gz", "-o", tmp_path / "out", *QUICK)
    assert program(*words) == 0
    assert program(*words, "--again") == 0
    assert "another scan" not in capsys.readouterr().out
    scan = io.read(scans / "a.nii.gz")
    io.write(scan.like(1.5 * scan.values), scans / "a.nii.gz")
    assert program(*words) == 0
    assert "held the results of another scan" in capsys.readouterr().out


def test_a_cluster_that_loses_a_worker_does_all_cases(scans: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    options = SegmentOptions(refine=False)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        killer = threading.Thread(target=_kill_a_busy_worker, args=(client,))
        killer.start()
        workers = Workers(address=cluster.scheduler_address)
        found = list(segment_files([scans], tmp_path / "out", options, workers=workers))
        killer.join()
    assert sorted((done.name, done.error is None) for done in found) == [
        ("a", True),
        ("b", True),
        ("c", False),
    ]
    assert any(done.retried for done in found)
    assert (tmp_path / "out" / "b" / "run.json").is_file()
    assert not list((tmp_path / "out").glob(".*"))


def _kill_a_busy_worker(client) -> None:  # type: ignore[no-untyped-def]
    pids = client.run(os.getpid)
    while not (busy := [address for address, keys in client.processing().items() if keys]):
        time.sleep(0.02)
    time.sleep(0.3)
    os.kill(pids[busy[0]], signal.SIGKILL)


def test_an_interrupt_leaves_nothing_half_written(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [sys.executable, "-m", "lumenfield.cli", "segment", str(scans / "a.nii.gz")]
    with subprocess.Popen(
        [*words, "-o", str(out)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # A job in the background inherits that it shall not be interrupted.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as running:
        assert running.stderr is not None
        while "network" not in (line := running.stderr.readline()):
            assert line, "it ended before it could be interrupted"
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
    assert running.returncode == 130
    assert "interrupted; nothing half-written was left" in rest
    assert not out.exists() or not list(out.iterdir())
