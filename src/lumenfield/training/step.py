"""One step of learning: gradients, checked and followed; separate from when to take it."""

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from lumenfield.data.batch import Batch
from lumenfield.errors import InputError
from lumenfield.networks import Network
from lumenfield.training.chance import seeded
from lumenfield.training.config import TrainingConfig
from lumenfield.training.learner import BATCH_NORMS, Learner

__all__ = ["check_batches", "learn"]


def learn(
    config: TrainingConfig,
    learner: Learner,
    batches: Sequence[Batch],
    *,
    step: int,
    rate: float,
) -> float:
    """Take one step of AdamW along the mean gradient of some batches and return their mean loss.

    A loss or gradient that is not finite, in any process, gives NaN and leaves the learner as it
    was.

    Raises:
        InputError: the losses ask for a distance that a batch does not have.
    """
    check_batches(config, batches)
    network = _learning(learner.network, frozen_norms=config.frozen_norms)
    statistics = [buffer.clone() for buffer in network.buffers()]
    learner.optimiser.zero_grad()
    with seeded(config.seed, step, learner.processes.rank, learner.device):
        loss = _gradient(learner, batches)
    length = nn.utils.clip_grad_norm_(network.parameters(), config.clip_norm)
    value = learner.processes.mean(loss)
    if not (math.isfinite(value) and length.isfinite()):
        # A batch norm has already averaged the fault into its running statistics.
        for buffer, before in zip(network.buffers(), statistics, strict=True):
            buffer.copy_(before)
        return math.nan
    for group in learner.optimiser.param_groups:
        group["lr"] = rate
    learner.optimiser.step()
    # A young average must forget the random first weights.
    _average(learner, min(config.average_decay, (1 + step) / (10 + step)))
    return value


def check_batches(config: TrainingConfig, batches: Sequence[Batch]) -> None:
    """Refuse batches that the network or the losses cannot take.

    Raises:
        InputError: the number of axes is not the network's, or a distance is asked for and absent.
    """
    for batch in batches:
        if batch.image.ndim - 2 != config.plan.ndim:
            raise InputError(
                f"batch {', '.join(batch.names)} is {batch.image.ndim - 2}-D",
                f"the network is {config.plan.ndim}-D",
                f"set training.ndim={batch.image.ndim - 2}",
            )
        if config.loss.n_truths > 1 and batch.distance is None:
            raise InputError(
                f"batch {', '.join(batch.names)} has no distance",
                "the losses of this run ask for one",
                "give distances with the pairs, in files that keep the voxel size (npy and png do "
                "not), or leave that loss out",
            )


def _learning(network: Network, *, frozen_norms: bool) -> Network:
    """Switch to training; frozen batch norms go on as in use."""
    network.train()
    if frozen_norms:
        for module in network.modules():
            if isinstance(module, BATCH_NORMS):
                module.eval()
    return network


def _gradient(learner: Learner, batches: Sequence[Batch]) -> float:
    """Gather the mean gradient of the batches, and give their mean loss."""
    total = 0.0
    for number, batch in enumerate(batches, start=1):
        with _gathering(learner, last=number == len(batches)):
            batch = batch.to(learner.device)
            loss = learner.objective(batch.image, batch.truth) / len(batches)
            loss.backward()
        total += float(loss.detach())
    return total


@contextmanager
def _gathering(learner: Learner, *, last: bool) -> Iterator[None]:
    """Let processes share gradients at the last batch of a step only."""
    with ExitStack() as stack:
        if not last and isinstance(learner.objective, DistributedDataParallel):
            stack.enter_context(learner.objective.no_sync())
        yield


@torch.no_grad()
def _average(learner: Learner, decay: float) -> None:
    pairs = zip(
        learner.averaged.state_dict().values(), learner.network.state_dict().values(), strict=True
    )
    for mean, latest in pairs:
        if mean.is_floating_point():
            mean.lerp_(latest, 1 - decay)
        else:
            mean.copy_(latest)
