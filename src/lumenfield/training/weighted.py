"""Losses summed by weight, as a config names them; separate so that each stays a plain function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch

from lumenfield.config import look_up
from lumenfield.errors import InputError
from lumenfield.tensors import Outputs, Truths
from lumenfield.training.losses import LOSSES, Loss, Scalar

__all__ = ["Combined", "LossConfig", "combined"]


@dataclass(frozen=True)
class LossConfig:
    """A weighted sum of losses.

    Args:
        terms: name in `LOSSES` (or `module:attribute` of a `Loss`) and weight of each.
        per: what an overlap is summed over before it is compared: the batch, which an empty case
            cannot upset, or each sample, so that small vessels count as much as large ones.

    Raises:
        InputError: no term, an unknown name, or a weight that is not positive.
    """

    terms: tuple[tuple[str, float], ...] = (("cross_entropy", 1.0), ("dice", 1.0))
    per: Literal["batch", "sample"] = "batch"

    def __post_init__(self) -> None:
        for name, weight in self.terms:
            look_up(LOSSES, name, "loss")
            if not 0 < weight < float("inf"):
                raise InputError(f"loss {name} weighs {weight}", "a weight is positive", "mend it")
        if not self.terms:
            raise InputError("no losses", "training minimises one or more", "name one in terms")

    @property
    def losses(self) -> tuple[Loss, ...]:
        """The losses that are summed."""
        return tuple(look_up(LOSSES, name, "loss") for name, _ in self.terms)

    @property
    def n_outputs(self) -> int:
        """Output channels that these losses judge."""
        return 1 + max(loss.output for loss in self.losses)

    @property
    def n_truths(self) -> int:
        """Channels of truth that they need: 2 where a distance is among them."""
        return 1 + max(loss.truth for loss in self.losses)


Combined: TypeAlias = Callable[[Outputs, Truths], Scalar]


def combined(config: LossConfig) -> Combined:
    """Make the weighted sum of losses: a function of a network's output and its truth.

    Channels of the output are logits and perhaps distance; those of the truth mask and distance.
    """
    terms = [(loss, weight) for loss, (_, weight) in zip(config.losses, config.terms, strict=True)]

    def total(output: Outputs, truth: Truths) -> Scalar:
        parts = [
            weight * loss.function(output[:, [loss.output]], truth[:, [loss.truth]])
            for loss, weight in terms
        ]
        return torch.stack(parts).sum()

    def mean_of_samples(output: Outputs, truth: Truths) -> Scalar:
        ones = [total(o[None], t[None]) for o, t in zip(output, truth, strict=True)]
        return torch.stack(ones).mean()

    return total if config.per == "batch" else mean_of_samples
