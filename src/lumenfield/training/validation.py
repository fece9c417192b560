"""The score of what was learned so far; separate because it changes nothing."""

from collections.abc import Sequence

import torch

from lumenfield.data.batch import Batch
from lumenfield.tensors import Fields, Outputs, Tensor
from lumenfield.training.learner import Learner, mixed

__all__ = ["dice_scores", "validate"]


def validate(learner: Learner, validation: Sequence[Batch]) -> float:
    """Average the Dice score of the averaged weights over all validation cases.

    Processes share the cases and all get the same score.
    """
    # Batch norms of each process have seen its own share; what is saved is the first's.
    for buffer in learner.averaged.buffers():
        learner.processes.share(buffer)
    mine = validation[learner.processes.rank :: learner.processes.count]
    with torch.inference_mode(), mixed(learner.device, learner.precision):
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
