"""When to learn slower and when to stop; separate because it is a rule about scores alone."""

import math
from dataclasses import dataclass
from typing import Literal

from lumenfield.errors import InputError

__all__ = ["Patience", "Verdict", "Waiting", "judge"]

Verdict = Literal["improved", "wait", "cut", "stop"]


@dataclass(frozen=True)
class Patience:
    """How many scores in a row may fail to improve.

    Args:
        cut_after: so many without improvement cut the learning rate, and as many again once more.
        stop_after: so many stop the run.
        least_gain: what counts as an improvement.

    Raises:
        InputError: not 1 ≤ cut_after < stop_after, or a negative gain.
    """

    cut_after: int = 8
    stop_after: int = 20
    least_gain: float = 1e-4

    def __post_init__(self) -> None:
        if not 1 <= self.cut_after < self.stop_after or not self.least_gain >= 0:
            raise InputError(
                f"cut_after {self.cut_after}, stop_after {self.stop_after}, "
                f"least_gain {self.least_gain}",
                "1 ≤ cut_after < stop_after and a gain that is not negative",
                "take 8, 20 and 1e-4",
            )


@dataclass(frozen=True)
class Waiting:
    """Where the wait stands: the best score, and how many have come since."""

    best: float | None = None
    waited: int = 0


def judge(patience: Patience, waiting: Waiting, score: float) -> tuple[Waiting, Verdict]:
    """Take one more score (higher is better) and say what it means.

    A score that is not a number never improves.
    """
    bar = -math.inf if waiting.best is None else waiting.best + patience.least_gain
    if score > bar:
        return Waiting(score), "improved"
    waited = waiting.waited + 1
    if waited >= patience.stop_after:
        return Waiting(waiting.best, waited), "stop"
    verdict: Verdict = "cut" if waited % patience.cut_after == 0 else "wait"
    return Waiting(waiting.best, waited), verdict
