"""What changes while a network learns, made ready; separate from how a step changes it."""

import copy
from dataclasses import dataclass

import torch
from torch import nn

from lumenfield.devices import best_precision, resolve_device
from lumenfield.errors import InputError
from lumenfield.networks import Network, build
from lumenfield.tensors import Fields, Truths
from lumenfield.training.config import TrainingConfig
from lumenfield.training.losses import Scalar
from lumenfield.training.processes import ALONE, Processes
from lumenfield.training.weighted import Combined, combined

__all__ = ["BATCH_NORMS", "Learner", "Objective", "make_learner", "mixed"]

BATCH_NORMS = (nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
"""Norms that keep statistics of what they saw."""


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
        InputError: `start` is a network of another plan, or no norm can be frozen.
    """
    device = resolve_device(config.device)
    if device.type == "cuda":
        device = torch.device("cuda", processes.local_rank)
    automatic = config.precision == "auto"
    precision = best_precision(device) if automatic else getattr(torch, config.precision)
    network = _first_weights(config, start).to(device)
    if precision != torch.float32:
        flat = config.plan.ndim == 2
        layout = torch.channels_last if flat else torch.channels_last_3d
        network.to(memory_format=layout)  # type: ignore[call-overload]
    averaged = copy.deepcopy(network).eval().requires_grad_(False)
    objective = processes.shared(Objective(network, config, precision))
    optimiser = _optimiser(config, network)
    return Learner(network, objective, averaged, optimiser, device, precision, processes)


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
        with mixed(image.device, self.precision):
            outputs = self.network.outputs(image)
        main, *others = [self.loss(output, truth) for output in outputs]
        return main + self.auxiliary_weight * sum(others, start=torch.zeros_like(main))


def mixed(device: torch.device, precision: torch.dtype) -> torch.autocast:
    """Compute in a precision where that is safe; float32 leaves all as it is."""
    return torch.autocast(device.type, dtype=precision, enabled=precision != torch.float32)


def _first_weights(config: TrainingConfig, start: Network | None) -> Network:
    network = build(config.plan, seed=config.seed)
    if config.frozen_norms and not any(isinstance(m, BATCH_NORMS) for m in network.modules()):
        raise InputError(
            "frozen_norms is set",
            "only batch norms have statistics to keep, and this network has none",
            "leave frozen_norms out",
        )
    if start is None:
        return network
    if start.config != config.plan:
        raise InputError(
            f"start is {start.config}", f"this run trains {config.plan}", "start from its like"
        )
    network.load_state_dict(start.state_dict())
    return network


def _optimiser(config: TrainingConfig, network: nn.Module) -> torch.optim.AdamW:
    # Norms and biases are scales, not fits: decaying them only shifts the outputs.
    weights = [p for p in network.parameters() if p.ndim > 1]
    scales = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": weights, "weight_decay": config.weight_decay},
        {"params": scales, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate)
