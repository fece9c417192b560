"""How many threads draw; separate because sums split over threads round differently."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["one_thread"]


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread inside, and on as many as before afterwards.

    A sample is drawn so: its bytes must not depend on the machine's number of cores. Processes,
    not threads, draw many samples faster.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
