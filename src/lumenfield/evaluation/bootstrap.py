"""How far a mean over few cases may be off; separate because it knows numbers only."""

from collections.abc import Sequence

import numpy as np

__all__ = ["mean_interval"]

DRAWS = 2000


def mean_interval(
    values: Sequence[float], *, level: float = 0.95, seed: int = 0
) -> tuple[float, float] | None:
    """Give the interval that the mean of other cases of this kind would lie in.

    Percentiles of the means of draws with replacement (Efron 1979). Whole cases are drawn, since
    places of one scan are not independent. One case alone says nothing of others: None.
    """
    if len(values) < 2:
        return None
    generator = np.random.default_rng(seed)
    drawn = generator.integers(len(values), size=(DRAWS, len(values)))
    means = np.asarray(values, dtype=np.float64)[drawn].mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
