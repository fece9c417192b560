"""Numbers drawn from ranges with an explicit generator; separate so that no draw is global."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import torch

from lumenfield.errors import InputError

__all__ = ["Draw", "Range", "check_range"]

Range = tuple[float, float]
"""Least and greatest value."""

Choice = TypeVar("Choice")


class Draw:
    """A source of numbers that depends on (seed, index) alone."""

    def __init__(self, seed: int, index: int = 0) -> None:
        text = f"{seed} {index}".encode()
        number = int.from_bytes(hashlib.sha256(text).digest()[:8], "little") >> 1
        self.generator = torch.Generator().manual_seed(number)

    def uniform(self, between: Range) -> float:
        """A number, all equally likely."""
        low, high = between
        return low + (high - low) * float(torch.rand((), generator=self.generator))

    def log_uniform(self, between: Range) -> float:
        """A positive number, all ratios equally likely."""
        return math.exp(self.uniform((math.log(between[0]), math.log(between[1]))))

    def normal(self, count: int) -> tuple[float, ...]:
        """Standard normal numbers."""
        return tuple(torch.randn(count, generator=self.generator).tolist())

    def whole(self, between: tuple[int, int]) -> int:
        """A whole number, both ends included."""
        low, high = between
        return int(torch.randint(low, high + 1, (), generator=self.generator))

    def happens(self, probability: float) -> bool:
        """True with that probability."""
        return self.uniform((0.0, 1.0)) < probability

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        """One of them, all equally likely."""
        return choices[self.whole((0, len(choices) - 1))]

    def weighted(self, weights: Mapping[str, float]) -> str:
        """A key, as likely as its weight."""
        left = self.uniform((0.0, sum(weights.values())))
        for name, weight in weights.items():
            left -= weight
            if left < 0:
                return name
        return name


def check_range(name: str, between: Range | tuple[int, int], least: float = -math.inf) -> None:
    """Refuse a range that is upside down, not finite or reaches below `least`.

    Raises:
        InputError: naming the range.
    """
    low, high = between
    if not (math.isfinite(low) and math.isfinite(high) and least <= low <= high):
        needed = "a range is [least, greatest]"
        if math.isfinite(least):
            needed += f" and starts at {least:g} or above"
        raise InputError(f"{name} = [{low}, {high}]", needed, "mend the recipe")
