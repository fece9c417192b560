"""Several processes that train one network; separate so that the loop reads the same for one.

Started by `torchrun` or by SLURM through it, each process learns from its own batches. What
decides the run (gradients, scores, the clock) is made the same in all.
"""

import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from lumenfield.tensors import Tensor

__all__ = ["ALONE", "Processes", "joined"]

PATIENCE = timedelta(minutes=30)
"""A process that waits longer for the others than this ends with an error."""


@dataclass(frozen=True)
class Processes:
    """Which of how many processes this is.

    Args:
        rank: from zero; process zero writes the files.
        local_rank: among those of the same machine, which is the GPU to take.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @property
    def writes(self) -> bool:
        """Tell whether this process writes the run's files."""
        return self.rank == 0

    def shared(self, module: nn.Module) -> nn.Module:
        """Wrap a module so that its gradient is the mean over all processes."""
        if self.count == 1:
            return module
        return DistributedDataParallel(module)

    def total(self, *values: float) -> tuple[float, ...]:
        """Sum numbers over the processes; each gets the same sums."""
        if self.count == 1:
            return values
        tensor = torch.tensor(values, dtype=torch.float64, device=_device())
        dist.all_reduce(tensor)
        return tuple(tensor.tolist())

    def mean(self, value: float) -> float:
        """Average a number over the processes; NaN if it is in any."""
        return self.total(value)[0] / self.count

    def first(self, value: float) -> float:
        """Give every process the number of the first: a clock that all agree on."""
        return self.total(value if self.rank == 0 else 0.0)[0]

    def share(self, tensor: Tensor) -> None:
        """Overwrite a tensor with that of the first process."""
        if self.count > 1:
            dist.broadcast(tensor, src=0)

    def wait(self) -> None:
        """Go on when all have come here."""
        if self.count > 1:
            dist.barrier()


ALONE = Processes()


@contextmanager
def joined() -> Iterator[Processes]:
    """Join the other processes if `torchrun` started this one, and leave them at the end."""
    if not dist.is_torchelastic_launched():
        yield ALONE
        return
    on_gpu = torch.cuda.is_available()
    # Its functions take the group of the moment of import as a default, and keep it for good.
    importlib.import_module("torch.distributed.nn.functional")
    dist.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
    local_rank = dist.get_node_local_rank()
    if on_gpu:
        torch.cuda.set_device(local_rank)
    try:
        yield Processes(dist.get_rank(), dist.get_world_size(), local_rank)
        # One that leaves while another still talks has, rarely, aborted at its exit.
        dist.barrier()
    finally:
        dist.destroy_process_group()
        # Its threads end with its last reference, and what trained hangs on to it in cycles. A
        # thread that lets go of a tensor while the interpreter ends would abort the process.
        gc.collect()


def _device() -> torch.device:
    return torch.device("cuda" if dist.get_backend() == "nccl" else "cpu")
