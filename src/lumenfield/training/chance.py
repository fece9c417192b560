"""What makes a run repeatable: operations of one order, and draws that leave the global seed."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["deterministic", "seeded"]


@contextmanager
def deterministic(wanted: bool) -> Iterator[None]:
    """Refuse operations whose result depends on the order of threads, for a while."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(wanted or before)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


@contextmanager
def seeded(seed: int, step: int, rank: int, device: torch.device) -> Iterator[None]:
    """Make what dropout draws depend on (seed, step, process) alone; leave the global seed."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed((seed * 1_000_003 + step) * 1009 + rank)
        yield
