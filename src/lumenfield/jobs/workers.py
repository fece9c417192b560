"""Many cases over processes here or a Dask cluster; separate so that a dead worker is met once."""

import contextlib
import os
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import active_children, get_all_start_methods, get_context
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING, Generic, TypeVar

from lumenfield.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Done", "Workers", "over_workers", "parse_workers"]

Case = TypeVar("Case")
Result = TypeVar("Result")

_PER_CORE = 4
"""Processes for each processor core beyond which a count is taken for a slip."""

_PATIENCE = "10s"
"""How long a scheduler may take to answer."""


@dataclass(frozen=True)
class Workers:
    """Where cases are worked on.

    Args:
        count: processes of this machine; 1 is this process itself.
        address: of a Dask scheduler, such as `tcp://host:8786`, instead; empty for none.
    """

    count: int = 1
    address: str = ""

    @property
    def is_here(self) -> bool:
        """Whether it is this very process."""
        return not self.address and self.count == 1


@dataclass(frozen=True)
class Done(Generic[Case, Result]):
    """What became of one case.

    Args:
        result: what the function returned; none if there is an error.
        error: what it raised, or that its workers died.
        retried: a worker died under it, and another took it over.
    """

    case: Case
    result: Result | None
    error: Exception | None = None
    retried: bool = False


def parse_workers(text: str) -> Workers:
    """Read `N` or `dask:ADDRESS`.

    Raises:
        InputError: neither, or more processes than could gain.
    """
    kind, colon, address = text.partition(":")
    if kind == "dask" and colon and address:
        return Workers(address=address)
    most = _PER_CORE * (os.cpu_count() or 1)
    if text.isdecimal() and 1 <= int(text) <= most:
        return Workers(int(text))
    raise InputError(
        f"--workers {text}",
        f"processes are 1 to {most} here, or a cluster is dask:ADDRESS",
        "write for example --workers 2 or --workers dask:tcp://host:8786",
    )


def over_workers(
    function: Callable[[Case], Result], cases: Iterable[Case], workers: Workers
) -> Iterator[Done[Case, Result]]:
    """Give every case to a worker, and each result as it comes.

    A worker that dies costs its own cases, which are tried once more, and on a cluster as often
    as its scheduler allows. What the function raises is told with its case; the rest go on.

    Args:
        function: importable by name, as are its argument and its result.

    Raises:
        InputError: no cluster answers, or there is no `distributed` to ask it with.
    """
    waiting = list(cases)
    if workers.is_here:
        for case in waiting:
            yield _attempted(function, case)
    elif workers.address:
        yield from _on_cluster(function, waiting, workers.address)
    else:
        yield from _in_processes(function, waiting, workers.count)


def _attempted(function: Callable[[Case], Result], case: Case) -> Done[Case, Result]:
    try:
        return Done(case, function(case))
    except Exception as error:  # One case of many: told, and the rest go on.
        return Done(case, None, error)


def _in_processes(
    function: Callable[[Case], Result], cases: list[Case], count: int
) -> Iterator[Done[Case, Result]]:
    waiting = list(reversed(cases))
    while waiting:
        suspects = yield from _until_broken(function, waiting, count)
        # A dead worker breaks its whole pool: one at a time, only the culprit dies again.
        while suspects:
            for case in (yield from _until_broken(function, suspects, 1, retried=True)):
                yield Done(case, None, _died(), retried=True)


def _until_broken(
    function: Callable[[Case], Result], waiting: list[Case], count: int, retried: bool = False
) -> Generator[Done[Case, Result], None, list[Case]]:
    """Take cases off the end until none is left or a worker dies; give those it may have hit."""
    running: dict[Future[Result], Case] = {}
    others = active_children()
    with _pool(min(count, len(waiting))) as pool:
        while waiting or running:
            try:
                while waiting and len(running) < count:
                    running[pool.submit(function, waiting[-1])] = waiting[-1]
                    waiting.pop()
            except BrokenProcessPool:
                _kill_all_but(others)
                return list(running.values())
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                if isinstance(future.exception(), BrokenProcessPool):
                    _kill_all_but(others)
                    return list(running.values())
                yield _outcome(running.pop(future), future, retried)
    return []


def _kill_all_but(others: list[BaseProcess]) -> None:
    """End what a broken pool left: one started as it broke is told nothing, and waits for ever."""
    for child in active_children():
        if child not in others:
            child.kill()


def _outcome(case: Case, future: "Future[Result]", retried: bool) -> Done[Case, Result]:
    error = future.exception()
    if isinstance(error, Exception):
        return Done(case, None, error, retried)
    return Done(case, future.result(), None, retried)


def _pool(count: int) -> ProcessPoolExecutor:
    # Not forked from here, where another thread may hold a lock, but from a process that has done
    # nothing yet but import.
    served = "forkserver" in get_all_start_methods()
    context = get_context("forkserver" if served else "spawn")
    if served:
        context.set_forkserver_preload(["lumenfield.pipeline"])
    return ProcessPoolExecutor(count, context, initializer=_share_cores, initargs=(count,))


def _share_cores(count: int) -> None:
    """Divide this machine's cores between its workers."""
    import torch

    torch.set_num_threads(max(1, torch.get_num_threads() // count))


def _died() -> InputError:
    return InputError(
        "a worker died twice on it",
        "each worker needs memory for a whole case",
        "run it again with fewer workers, or with --max-memory",
    )


def _on_cluster(
    function: Callable[[Case], Result], cases: list[Case], address: str
) -> Iterator[Done[Case, Result]]:
    """Let the scheduler retry, and ask it afterwards which cases a dead worker had in hand."""
    from distributed import KilledWorker, as_completed

    run = f"lumenfield-{secrets.token_hex(4)}"
    with _client(address) as client:
        keys = {f"{run}-{number}": case for number, case in enumerate(cases)}
        futures = [client.submit(function, case, key=key) for key, case in keys.items()]
        for future in as_completed(futures, loop=client.loop):
            case, error = keys[future.key], future.exception()
            retried = future.key in _in_hand_of_the_dead(client)
            if isinstance(error, KilledWorker):
                yield Done(case, None, _died(), retried=True)
            elif error is not None:
                yield Done(case, None, error, retried)
            else:
                yield Done(case, future.result(), None, retried)


def _in_hand_of_the_dead(client: "Client") -> set[str]:
    removed = (event for _, event in client.get_events("all") if isinstance(event, dict))
    return {key for event in removed for key in event.get("processing-tasks", ())}


@contextlib.contextmanager
def _client(address: str) -> Iterator["Client"]:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            f"--workers dask:{address}",
            "a cluster is spoken to with the package distributed",
            "pip install 'lumenfield[cluster]'",
        ) from None
    try:
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address} ({error})",
            "a running one is needed",
            "start it with `dask scheduler`, or leave --workers out",
        ) from None
    with client:
        yield client
