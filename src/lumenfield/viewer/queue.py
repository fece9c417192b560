"""One job at a time, each in a process of its own; separate so that none can end the server.

A job that crashes, runs out of memory or is cancelled ends its process and nothing else.
"""

import contextlib
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Literal

from lumenfield.errors import InputError

__all__ = ["Job", "JobQueue", "State", "Tick", "Work"]

State = Literal["uploading", "waiting", "running", "done", "failed"]

Tick = Callable[[str, int, int], None]
"""(stage, done, total)"""

Work = Callable[[Any, Tick], None]
"""Does a task; both cross to another process, so the function must be one that can be imported."""


@dataclass(frozen=True)
class Job:
    """Where one task stands.

    Args:
        task: what the work is given.
        error: of a failed job; the user can mend it unless `is_fault`.
        ended: seconds of the monotonic clock; 0 while it lasts.
    """

    key: str
    task: Any
    state: State = "waiting"
    stage: str = ""
    done: int = 0
    total: int = 0
    error: InputError | None = None
    is_fault: bool = False
    ended: float = 0.0


class JobQueue:
    """Runs jobs in the order they came; a thread waits for them from `start` to `close`.

    It changes: every job it has, and the process of the one that runs, under one lock.
    """

    def __init__(self, work: Work) -> None:
        self.work = work
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition()
        self._process: tuple[str, BaseProcess] | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to run what is submitted."""
        self._thread = threading.Thread(target=self._loop, name="lumenfield-jobs", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the job that runs, and start no other."""
        with self._changed:
            self._closed = True
            self._jobs.clear()
            self._end_process()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def put(self, job: Job) -> None:
        """Add a job, or say where one stands now."""
        with self._changed:
            self._jobs[job.key] = job
            self._changed.notify_all()

    def remove(self, key: str) -> None:
        """Forget a job, and end it if it runs."""
        with self._changed:
            self._jobs.pop(key, None)
            if self._process is not None and self._process[0] == key:
                self._end_process()

    def jobs(self) -> tuple[Job, ...]:
        """List all jobs, the first submitted first."""
        with self._changed:
            return tuple(self._jobs.values())

    def find(self, key: str) -> Job | None:
        """Find a job by its key."""
        with self._changed:
            return self._jobs.get(key)

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or self._next() is not None)
                job = self._next()
                if self._closed or job is None:
                    return
                pipe = self._begin(job)
            self._follow(job.key, pipe)

    def _next(self) -> Job | None:
        return next((job for job in self._jobs.values() if job.state == "waiting"), None)

    def _begin(self, job: Job) -> Connection:
        # Spawned, not forked: a fork would copy the server's threads and sockets.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(self.work, job.task, theirs), daemon=True)
        self._jobs[job.key] = replace(job, state="running", stage="start")
        self._process = (job.key, process)
        process.start()
        theirs.close()
        return ours

    def _follow(self, key: str, pipe: Connection) -> None:
        """Note what the process tells until it ends."""
        ended: dict[str, Any] | None = None
        with contextlib.suppress(EOFError, OSError), pipe:
            while True:
                kind, *told = pipe.recv()
                if kind == "tick":
                    self._note(key, stage=told[0], done=told[1], total=told[2])
                else:
                    ended = told[0]
        assert self._process is not None
        process = self._process[1]
        process.join()
        self._note(key, **(ended or _died(process.exitcode)), ended=time.monotonic())
        with self._changed:
            self._process = None
            process.close()

    def _note(self, key: str, **changes: Any) -> None:
        with self._changed:
            if key in self._jobs:
                self._jobs[key] = replace(self._jobs[key], **changes)

    def _end_process(self) -> None:
        if self._process is not None:
            self._process[1].kill()


def _child(work: Work, task: Any, pipe: Connection) -> None:
    """Do one task in this process and tell how it went."""
    # Ctrl-C reaches the whole group; the server ends us in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        # Where memory ends, Linux is to end this process and not the server.
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    pipe.send(("done", _outcome(work, task, lambda *told: pipe.send(("tick", *told)))))


def _outcome(work: Work, task: Any, tick: Tick) -> dict[str, Any]:
    try:
        work(task, tick)
    except InputError as error:
        return {"state": "failed", "error": error}
    except MemoryError:
        return {"state": "failed", "error": _too_large("there was not enough memory")}
    except Exception as error:  # A fault of ours must not hide as a dead process.
        line = " ".join(f"{type(error).__name__}: {error}".split())
        todo = "report it with the output of `lumenfield segment SCAN --traceback`"
        told = InputError(line, "this is a fault of ours", todo)
        return {"state": "failed", "error": told, "is_fault": True}
    return {"state": "done"}


def _died(exitcode: int | None) -> dict[str, Any]:
    """Explain a process that ended without a word."""
    if exitcode == -signal.SIGKILL:
        came = "the process of this scan was killed, most likely for want of memory"
        return {"state": "failed", "error": _too_large(came)}
    told = InputError(
        f"the process of this scan ended with status {exitcode}",
        "this is a fault of ours",
        "report it with what the server printed",
    )
    return {"state": "failed", "error": told, "is_fault": True}


def _too_large(came: str) -> InputError:
    return InputError(
        came, "a scan must fit in this machine's memory", "crop it, or use a larger machine"
    )
