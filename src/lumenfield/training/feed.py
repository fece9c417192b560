"""Which batches of a stream a process learns from; separate because a run may begin anywhere."""

import itertools
from collections.abc import Iterable, Iterator

from lumenfield.data.batch import Batch, Seekable
from lumenfield.training.chance import deterministic
from lumenfield.training.config import TrainingConfig
from lumenfield.training.processes import Processes
from lumenfield.training.step import check_batches

__all__ = ["fed"]


def fed(
    config: TrainingConfig, batches: Iterable[Batch], *, step: int, processes: Processes
) -> Iterator[Batch]:
    """Give this process its share of a stream, from a step on; batches are dealt in turn.

    The first are looked at now, so that a run that cannot be leaves no folder behind.

    Raises:
        InputError: batches that the network or the losses cannot take.
    """
    first, every = step * config.accumulate * processes.count + processes.rank, processes.count
    if isinstance(batches, Seekable):
        stream = iter(batches.starting_at(first, every))
    else:
        stream = itertools.islice(batches, first, None, every)
    with deterministic(config.deterministic):
        begin = tuple(itertools.islice(stream, config.accumulate))
    check_batches(config, begin)
    return itertools.chain(begin, stream)
