"""All that decides a training run; separate so that a run can be written down and repeated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lumenfield.devices import DeviceName
from lumenfield.errors import InputError
from lumenfield.networks import NetworkConfig, Preprocessing, UNetConfig, network_config
from lumenfield.training.patience import Patience
from lumenfield.training.weighted import LossConfig

__all__ = ["TrainingConfig"]


@dataclass(frozen=True)
class TrainingConfig:
    """How to train a network.

    Args:
        network: a plan, a name in `NETWORKS` (or `module:attribute`) for a plan of defaults, or
            what `network_config` reads: plain values, as in a file.
        ndim: of the grids; by default that of the plan.
        preprocessing: what the batches went through; written into the checkpoint.
        steps_per_epoch: batches between two validations.
        max_minutes: wall-clock budget, validation included; none if not given.
        learning_rate: the highest; reached after `warm_up_steps`.
        schedule: `plateau` cuts the rate when the first patience runs out; `cosine` lets it fall
            to zero over the budget (steps or minutes, whichever is further). The second patience
            stops both.
        cut_factor: what a cut multiplies the rate by.
        accumulate: batches whose gradients are averaged into one step of the optimiser.
        auxiliary_weight: of the loss of an auxiliary head, where a network has one.
        clip_norm: longest gradient allowed.
        frozen_norms: batch norms keep the statistics they start with, in a run from a network that
            is already good: what is learnt is then what is used, whatever the batch size.
        average_decay: of the moving average of weights that is validated and saved; 0 for none.
        keep: which epoch's network the run ends with, the best by its score or the last: under
            `cosine` the last has learnt most, and few validation scans hardly tell the two apart.
        deterministic: the same weights from the same seed on the same machine, at some speed.

    Raises:
        InputError: a number out of its range, or a loss that the network's head cannot feed.
    """

    network: NetworkConfig | str | Any = field(default_factory=UNetConfig)
    ndim: Literal[2, 3] | None = None
    loss: LossConfig = field(default_factory=LossConfig)
    patience: Patience = field(default_factory=Patience)
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    steps_per_epoch: int = 100
    max_epochs: int = 200
    max_minutes: float | None = None
    learning_rate: float = 2e-3
    warm_up_steps: int = 100
    schedule: Literal["plateau", "cosine"] = "plateau"
    cut_factor: float = 0.3
    weight_decay: float = 0.01
    accumulate: int = 1
    auxiliary_weight: float = 0.4
    clip_norm: float = 1.0
    average_decay: float = 0.995
    keep: Literal["best", "last"] = "best"
    frozen_norms: bool = False
    seed: int = 0
    deterministic: bool = False
    device: DeviceName = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"

    def __post_init__(self) -> None:
        plan = _plan(self.network)
        plan = plan if self.ndim is None else plan.with_ndim(self.ndim)
        object.__setattr__(self, "network", plan)
        _refuse_out_of_range(self)
        if self.loss.n_outputs > plan.n_outputs:
            raise InputError(
                f"losses {', '.join(name for name, _ in self.loss.terms)}",
                f"a network with head {plan.head} gives no distance",
                'set network.head to "logits+distance", or leave that loss out',
            )

    @property
    def plan(self) -> NetworkConfig:
        """The network's plan, however it was given."""
        assert isinstance(self.network, NetworkConfig)
        return self.network


def _plan(given: object) -> NetworkConfig:
    if isinstance(given, NetworkConfig):
        return given
    if isinstance(given, str):
        return network_config({"kind": given})
    if isinstance(given, Mapping):
        return network_config(given)
    raise InputError(
        f"network is {given!r}",
        "a network is a plan, a name, or a table of options",
        'write network = "unet", or network = { kind = "unet", … }',
    )


def _refuse_out_of_range(config: TrainingConfig) -> None:
    ranges = {
        "steps_per_epoch": (config.steps_per_epoch >= 1, "1 or more"),
        "max_epochs": (config.max_epochs >= 1, "1 or more"),
        "max_minutes": (
            config.max_minutes is None or config.max_minutes > 0,
            "above 0, or left out",
        ),
        "learning_rate": (config.learning_rate > 0, "above 0"),
        "warm_up_steps": (config.warm_up_steps >= 0, "0 or more"),
        "cut_factor": (0 < config.cut_factor < 1, "between 0 and 1"),
        "weight_decay": (config.weight_decay >= 0, "0 or more"),
        "accumulate": (config.accumulate >= 1, "1 or more"),
        "auxiliary_weight": (config.auxiliary_weight >= 0, "0 or more"),
        "clip_norm": (config.clip_norm > 0, "above 0"),
        "average_decay": (0 <= config.average_decay < 1, "0 or more and below 1"),
    }
    for name, (good, needed) in ranges.items():
        if not good:
            value = getattr(config, name)
            raise InputError(f"{name} is {value}", f"it has to be {needed}", f"set training.{name}")
