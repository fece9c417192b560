"""One step of learning, and the score of what was learned; separate from when to do which."""

import copy
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from lumenfield.data.batch import Batch
from lumenfield.devices import best_precision, resolve_device
from lumenfield.errors import InputError
from lumenfield.networks import Network, build
from lumenfield.tensors import Fields, Outputs, Tensor, Truths
from lumenfield.training.config import TrainingConfig
from lumenfield.training.losses import Combined, Scalar, combined
from lumenfield.training.processes import ALONE, Processes

__all__ = [
    "Learner",
    "Objective",
    "check_batches",
    "deterministic",
    "dice_scores",
    "learn",
    "make_learner",
    "validate",
]


class Objective(nn.Module):
    """A network with its losses as one module, so that processes can share its gradient."""

    def __init__(self, network: Network, config: TrainingConfig, precision: torch.dtype) -> None:
        super().__init__()
        self.network = network
        self.loss: Combined = combined(config.loss)
        self.auxiliary_weight = config.auxiliary_weight
        self.precision = precision

    def forward(self, image: Fields, truth: Truths) -> Scalar:
        """Give the loss of the output, plus that of auxiliary heads by their weight."""
        with _autocast(image.device, self.precision):
            outputs = self.network.outputs(image)
        main, *others = [self.loss(output, truth) for output in outputs]
        return main + self.auxiliary_weight * sum(others, start=torch.zeros_like(main))


@dataclass(frozen=True, eq=False)
class Learner:
    """What changes while learning: weights, their moving average, and the optimiser's moments.

    Args:
        objective: the network and its losses, wrapped where several processes share a gradient.
    """

    network: Network
    objective: nn.Module
    averaged: Network
    optimiser: torch.optim.AdamW
    device: torch.device
    precision: torch.dtype
    processes: Processes = ALONE


def make_learner(
    config: TrainingConfig, start: Network | None = None, processes: Processes = ALONE
) -> Learner:
    """Build a network with fresh weights, or those of `start`, and what is needed to train it.

    Raises:
        InputError: `start` is a network of another plan.
    """
    device = resolve_device(config.device)
    if device.type == "cuda":
        device = torch.device("cuda", processes.local_rank)
    automatic = config.precision == "auto"
    precision = best_precision(device) if automatic else getattr(torch, config.precision)
    network = build(config.plan, seed=config.seed)
    if start is not None:
        if start.config != config.plan:
            raise InputError(
                f"start is {start.config}",
                f"this run trains {config.plan}",
                "start from its like",
            )
        network.load_state_dict(start.state_dict())
    network = network.to(device)
    if precision != torch.float32:
        flat = config.plan.ndim == 2
        layout = torch.channels_last if flat else torch.channels_last_3d
        network.to(memory_format=layout)  # type: ignore[call-overload]
    averaged = copy.deepcopy(network).eval().requires_grad_(False)
    objective = processes.shared(Objective(network, config, precision))
    optimiser = _optimiser(config, network)
    return Learner(network, objective, averaged, optimiser, device, precision, processes)


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
    network = learner.network.train()
    statistics = [buffer.clone() for buffer in network.buffers()]
    learner.optimiser.zero_grad()
    losses = []
    with _seeded(config.seed, step, learner):
        for number, batch in enumerate(batches, start=1):
            with _gathering(learner, last=number == len(batches)):
                batch = batch.to(learner.device)
                loss = learner.objective(batch.image, batch.truth) / len(batches)
                loss.backward()
            losses.append(float(loss.detach()))
    length = nn.utils.clip_grad_norm_(network.parameters(), config.clip_norm)
    value = learner.processes.mean(sum(losses))
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


def validate(learner: Learner, validation: Sequence[Batch]) -> float:
    """Average the Dice score of the averaged weights over all validation cases.

    Processes share the cases and all get the same score.
    """
    # Batch norms of each process have seen its own share; what is saved is the first's.
    for buffer in learner.averaged.buffers():
        learner.processes.share(buffer)
    mine = validation[learner.processes.rank :: learner.processes.count]
    with torch.inference_mode(), _autocast(learner.device, learner.precision):
        scores = [
            dice_scores(learner.averaged(batch.image.to(learner.device)), batch.target)
            for batch in mine
        ]
    total = sum(float(one.sum()) for one in scores)
    score, count = learner.processes.total(total, float(sum(one.numel() for one in scores)))
    return score / count


def dice_scores(output: Outputs, target: Fields) -> Tensor:
    """Score each case of a batch by the overlap of hard masks.

    2 |P ∩ T| / (|P| + |T|) with P = {logit > 0}; one where both are empty.
    """
    found, truth = output[:, :1] > 0, target.to(output.device) > 0.5
    axes = tuple(range(1, output.ndim))
    both, total = (found & truth).sum(axes), found.sum(axes) + truth.sum(axes)
    return torch.where(total == 0, 1.0, 2 * both / total.clamp(min=1))


@contextmanager
def deterministic(wanted: bool) -> Iterator[None]:
    """Refuse operations whose result depends on the order of threads, for a while."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(wanted or before)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


def _optimiser(config: TrainingConfig, network: nn.Module) -> torch.optim.AdamW:
    # Norms and biases are scales, not fits: decaying them only shifts the outputs.
    weights = [p for p in network.parameters() if p.ndim > 1]
    scales = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": config.weight_decay},
        {"params": scales, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate)


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


def _autocast(device: torch.device, precision: torch.dtype) -> torch.autocast:
    return torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32)


@contextmanager
def _gathering(learner: Learner, *, last: bool) -> Iterator[None]:
    """Let processes share gradients at the last batch of a step only."""
    with ExitStack() as stack:
        if not last and isinstance(learner.objective, DistributedDataParallel):
            stack.enter_context(learner.objective.no_sync())
        yield


@contextmanager
def _seeded(seed: int, step: int, learner: Learner) -> Iterator[None]:
    """Make what dropout draws depend on (seed, step, process) alone; leave the global seed."""
    devices = [learner.device] if learner.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed((seed * 1_000_003 + step) * 1009 + learner.processes.rank)
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
