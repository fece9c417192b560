"""What training minimises, as functions of logits; separate so that each can be used alone.

Every loss computes in float32 and bounds its gradient by construction: the absolute slopes with
respect to all logits of a batch sum to at most a constant, whatever the mask.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F

from lumenfield.tensors import Fields
from lumenfield.training.centreline import Scalar, cldice

__all__ = [
    "LOSSES",
    "Loss",
    "Scalar",
    "boundary",
    "cldice",
    "cross_entropy",
    "dice",
    "distance",
    "focal_tversky",
    "tversky",
    "weighted_cross_entropy",
]

EPSILON = 1.0
"""Voxels added to an overlap and to its divisor, so that an empty mask has a finite slope."""

REACH = 5.0
"""Voxels from the wall beyond which a distance is not asked for."""


def cross_entropy(logits: Fields, target: Fields) -> Scalar:
    """Average −log p of the right class over voxels.

    Its even weighting keeps the ½-level on the wall. Slopes sum to at most 1.
    """
    return F.binary_cross_entropy_with_logits(logits.float(), target.float())


def weighted_cross_entropy(logits: Fields, target: Fields) -> Scalar:
    """Average −log p with lumen voxels weighted by background / lumen, at most tenfold.

    For thin vessels; it moves the ½-level outward. Slopes sum to at most 2.
    """
    lumen = target.float().sum()
    weight = ((target.numel() - lumen) / lumen.clamp(min=1)).clamp(1, 10)
    return F.binary_cross_entropy_with_logits(logits.float(), target.float(), pos_weight=weight)


def dice(logits: Fields, target: Fields) -> Scalar:
    """Take the overlap 2TP / (2TP + FP + FN) of the whole batch from one. Slopes sum to < 1."""
    return tversky(logits, target, beta=0.5)


def tversky(logits: Fields, target: Fields, *, beta: float = 0.7) -> Scalar:
    """Take the Tversky index of the whole batch from one.

    TI = (TP + ε) / (TP + (1 − β) FP + β FN + ε), ε = 1 voxel (Salehi et al. 2017). The slopes sum
    to at most (TP + (1 − β) FP) / (TP + (1 − β) FP + β FN + ε) < 1.

    Args:
        beta: weight of missed voxels; above ½ a miss costs more than a false alarm.
    """
    probability, truth = logits.float().sigmoid(), target.float()
    hit = (probability * truth).sum()
    false_alarm = (probability * (1 - truth)).sum()
    missed = ((1 - probability) * truth).sum()
    wrong = (1 - beta) * false_alarm + beta * missed
    return wrong / (hit + wrong + EPSILON)


def focal_tversky(
    logits: Fields, target: Fields, *, beta: float = 0.7, gamma: float = 0.75, floor: float = 0.01
) -> Scalar:
    """Raise one minus the Tversky index to a power below one, with a floor under the root.

    (1 − TI + δ)^γ − δ^γ. The bare power (Abraham & Khan 2019) has an infinite slope at TI = 1;
    the floor δ bounds it: slopes sum to at most γ δ^(γ − 1), 2.4 with the defaults.
    """
    return (tversky(logits, target, beta=beta) + floor) ** gamma - floor**gamma


def distance(output: Fields, truth: Fields) -> Scalar:
    """Average the smooth L1 error of a distance, which is only asked for within 5 voxels.

    Slopes sum to at most 1.

    Args:
        output: the network's signed distance, voxels.
        truth: voxels, negative in the lumen.
    """
    return F.smooth_l1_loss(output.float(), truth.float().clamp(-REACH, REACH))


def boundary(logits: Fields, truth: Fields) -> Scalar:
    """Average how far from the wall the lumen is wrongly taken: |φ| |p − 1(φ < 0)|.

    It has the slope of the boundary loss (Kervadec et al. 2019), which is this up to a constant.
    φ is cut at 5 voxels and divided by them, so slopes sum to at most ¼.

    Args:
        truth: signed distance in voxels, negative in the lumen.
    """
    phi = truth.float().clamp(-REACH, REACH) / REACH
    return (phi * (logits.float().sigmoid() - (phi < 0).float())).mean()


@dataclass(frozen=True)
class Loss:
    """A loss, and which channels it compares: 0 logits or mask, 1 distance."""

    function: Callable[[Fields, Fields], Scalar]
    output: int = 0
    truth: int = 0


LOSSES = {
    "cross_entropy": Loss(cross_entropy),
    "weighted_cross_entropy": Loss(weighted_cross_entropy),
    "dice": Loss(dice),
    "tversky": Loss(tversky),
    "focal_tversky": Loss(focal_tversky),
    "cldice": Loss(cldice),
    "boundary": Loss(boundary, truth=1),
    "distance": Loss(distance, output=1, truth=1),
}
