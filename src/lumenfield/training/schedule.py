"""How fast to learn at each step; separate because it is a formula."""

import math

from lumenfield.training.config import TrainingConfig

__all__ = ["learning_rate"]


def learning_rate(config: TrainingConfig, *, step: int, cuts: int, minutes: float) -> float:
    """Give the learning rate of one step.

    r · min(1, (step + 1) / warm-up), times c^cuts (plateau) or ½(1 + cos πt) (cosine), where t is
    the spent part of the budget.

    Args:
        step: steps done before this one, over the whole run.
        cuts: how often the patience has cut the rate.
        minutes: wall-clock spent, over the whole run.
    """
    rate = config.learning_rate * min(1.0, (step + 1) / max(1, config.warm_up_steps))
    if config.schedule == "plateau":
        return rate * config.cut_factor**cuts
    spent = step / (config.max_epochs * config.steps_per_epoch)
    if config.max_minutes is not None:
        spent = max(spent, minutes / config.max_minutes)
    return rate * 0.5 * (1 + math.cos(math.pi * min(1.0, spent)))
