"""One step of learning, and the score of what was learned; separate from when to do which."""

import copy
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from lumenfield.data.batch import Batch
from lumenfield.devices import best_precision, resolve_device
from lumenfield.errors import InputError
from lumenfield.networks import build
from lumenfield.networks.blocks import Outputs
from lumenfield.networks.table import Network
from lumenfield.tensors import Fields, Tensor
from lumenfield.training.config import TrainingConfig
from lumenfield.training.losses import Combined, combined

__all__ = ["Learner", "deterministic", "dice_scores", "learn", "make_learner", "validate"]


@dataclass(frozen=True, eq=False)
class Learner:
    """What changes while learning: weights, their moving average, and the optimiser's moments."""

    network: Network
    averaged: Network
    optimiser: torch.optim.AdamW
    loss: Combined
    device: torch.device
    precision: torch.dtype


def make_learner(config: TrainingConfig, start: Network | None = None) -> Learner:
    """Build a network with fresh weights, or those of `start`, and what is needed to train it.

    Raises:
        InputError: `start` is a network of another plan.
    """
    device = resolve_device(config.device)
    automatic = config.precision == "auto"
    precision = best_precision(device) if automatic else getattr(torch, config.precision)
    network = build(config.network, seed=config.seed)
    if start is not None:
        if start.config != config.network:
            raise InputError(
                f"start is {start.config}",
                f"this run trains {config.network}",
                "start from its like",
            )
        network.load_state_dict(start.state_dict())
    network = network.to(device)
    if precision != torch.float32:
        flat = config.network.ndim == 2
        layout = torch.channels_last if flat else torch.channels_last_3d
        network.to(memory_format=layout)  # type: ignore[call-overload]
    averaged = copy.deepcopy(network).eval().requires_grad_(False)
    optimiser = _optimiser(config, network)
    return Learner(network, averaged, optimiser, combined(config.loss), device, precision)


def learn(
    config: TrainingConfig, learner: Learner, batch: Batch, *, step: int, rate: float
) -> float:
    """Take one step of AdamW and return the loss.

    A loss or gradient that is not finite gives NaN and leaves the learner as it was.

    Raises:
        InputError: the losses ask for a distance that the batch does not have.
    """
    if config.loss.n_outputs > 1 and batch.distance is None:
        raise InputError(
            f"batch {', '.join(batch.names)} has no distance",
            "the losses of this run ask for one",
            "give distances with the pairs, or leave the distance loss out",
        )
    network, batch = learner.network.train(), batch.to(learner.device)
    statistics = [buffer.clone() for buffer in network.buffers()]
    with _seeded(config.seed, step, learner.device):
        output = _run(learner, network, batch.image)
    judged = config.loss.n_outputs
    loss = learner.loss(output[:, :judged], batch.truth[:, :judged])
    learner.optimiser.zero_grad()
    loss.backward()
    length = nn.utils.clip_grad_norm_(network.parameters(), config.clip_norm)
    if not (loss.isfinite() and length.isfinite()):
        # A batch norm has already averaged the fault into its running statistics.
        for buffer, before in zip(network.buffers(), statistics, strict=True):
            buffer.copy_(before)
        return math.nan
    for group in learner.optimiser.param_groups:
        group["lr"] = rate
    learner.optimiser.step()
    # A young average must forget the random first weights.
    _average(learner, min(config.average_decay, (1 + step) / (10 + step)))
    return float(loss.detach())


def validate(learner: Learner, validation: Sequence[Batch]) -> float:
    """Average the Dice score of the averaged weights over all validation cases."""
    with torch.inference_mode():
        scores = [
            dice_scores(
                _run(learner, learner.averaged, batch.image.to(learner.device)), batch.target
            )
            for batch in validation
        ]
    return float(torch.cat(scores).mean())


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


def _run(learner: Learner, network: nn.Module, image: Fields) -> Outputs:
    mixed = learner.precision != torch.float32
    with torch.autocast(learner.device.type, dtype=learner.precision, enabled=mixed):
        return network(image)


@contextmanager
def _seeded(seed: int, step: int, device: torch.device) -> Iterator[None]:
    """Make what dropout draws depend on (seed, step) alone, and leave the global seed as it was."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed * 1_000_003 + step)
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
