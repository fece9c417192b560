"""Workers: every case comes back once, whatever dies."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from lumenfield.errors import InputError
from lumenfield.jobs.workers import Done, Workers, over_workers, parse_workers


class Deadly:
    """An argument that kills the first process that unpickles it, or every one."""

    def __init__(self, mark: Path, always: bool = False) -> None:
        self.mark, self.always = mark, always

    def __reduce__(self) -> tuple[object, tuple[str]]:
        wanted = True if self.always else "not p.exists() and not p.touch()"
        lines = f"import os, pathlib; p = pathlib.Path({str(self.mark)!r})"
        return exec, (f"{lines}\nif {wanted}: os._exit(1)",)


def test_here_a_fault_costs_its_own_case() -> None:
    found = {done.case: done for done in over_workers(int, ["1", "x", "3"], Workers())}
    assert (found["1"].result, found["3"].result) == (1, 3)
    assert isinstance(found["x"].error, ValueError)


def test_a_process_that_dies_once_is_replaced_and_told(tmp_path: Path) -> None:
    deadly = Deadly(tmp_path / "mark")
    found = list(over_workers(repr, [deadly, 1, 2, 3], Workers(2)))
    assert sorted(done.result for done in found if done.case is not deadly) == ["1", "2", "3"]
    (hit,) = [done for done in found if done.case is deadly]
    assert hit.retried
    assert hit.result == "None"


def test_a_case_that_kills_twice_is_given_up_and_the_rest_go_on(tmp_path: Path) -> None:
    deadly = Deadly(tmp_path / "mark", always=True)
    found = list(over_workers(repr, [1, deadly, 2], Workers(2)))
    assert {done.result for done in found if done.error is None} == {"1", "2"}
    (lost,) = [done for done in found if done.error is not None]
    assert lost.case is deadly
    assert "a worker died twice on it" in str(lost.error)


def test_a_cluster_that_loses_a_worker_returns_every_case() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        killer = threading.Thread(target=_kill_a_busy_worker, args=(client,))
        killer.start()
        cases = [0.8, 0.81, 0.82, 0.83]
        found = list(over_workers(time.sleep, cases, Workers(address=cluster.scheduler_address)))
        killer.join()
    assert sorted(done.case for done in found) == cases
    assert all(done.error is None for done in found)
    assert any(done.retried for done in found)


def _kill_a_busy_worker(client) -> None:  # type: ignore[no-untyped-def]
    pids = client.run(os.getpid)
    while not (busy := [address for address, keys in client.processing().items() if keys]):
        time.sleep(0.05)
    time.sleep(0.3)
    os.kill(pids[busy[0]], signal.SIGKILL)


@pytest.mark.parametrize("text", ["0", "-1", "two", "dask:", "dask", "100000"])
def test_what_is_no_worker_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=f"--workers {text}; processes are 1 to"):
        parse_workers(text)


def test_both_kinds_are_read() -> None:
    assert parse_workers("1") == Workers(1)
    assert parse_workers("dask:tcp://a:1") == Workers(address="tcp://a:1")
    assert Done("a", 1).retried is False


def test_a_cluster_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("lumenfield.jobs.workers._PATIENCE", "0.5s")
    with pytest.raises(InputError, match=r"no Dask scheduler answers at tcp://127.0.0.1:9"):
        list(over_workers(abs, [1], Workers(address="tcp://127.0.0.1:9")))
