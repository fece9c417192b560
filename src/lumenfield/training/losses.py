"""What training minimises, as functions of logits; separate so that each can be used alone.

Every loss computes in float32 and bounds its gradient by construction: the absolute slopes with
respect to all logits of a batch sum to at most a constant, whatever the mask.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
import torch.nn.functional as F
from jaxtyping import Float

from lumenfield.config import look_up
from lumenfield.errors import InputError
from lumenfield.tensors import Fields, Outputs, Tensor, Truths

__all__ = [
    "LOSSES",
    "Loss",
    "LossConfig",
    "Scalar",
    "boundary",
    "cldice",
    "combined",
    "cross_entropy",
    "dice",
    "distance",
    "focal_tversky",
    "tversky",
    "weighted_cross_entropy",
]

Scalar = Float[Tensor, ""]

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


def cldice(logits: Fields, target: Fields, *, thickness: int = 5, most: float = 2.0) -> Scalar:
    """Take the overlap of centrelines with the other's lumen from one.

    1 − 2 T_p T_s / (T_p + T_s), T_p the part of the found centreline that lies in the true lumen,
    T_s the part of the true one that lies in the found (Shit et al. 2021), of the whole batch.
    Both centrelines are soft: what openings of growing size take away. A centreline that is
    faint everywhere has a steep slope, which is scaled down where it would exceed `most`.

    Args:
        thickness: voxels of radius that the thinning reaches.
        most: what slopes sum to at most.
    """
    probability = _Bounded.apply(logits.float(), most).sigmoid()
    truth = target.float()
    found, true = _centreline(probability, thickness), _centreline(truth, thickness)
    precise = ((found * truth).sum() + EPSILON) / (found.sum() + EPSILON)
    sensitive = ((true * probability).sum() + EPSILON) / (true.sum() + EPSILON)
    return 1 - 2 * precise * sensitive / (precise + sensitive)


def _centreline(image: Fields, thickness: int) -> Fields:
    """Thin softly: gather what each opening takes away, from the thinnest parts on."""
    line = torch.zeros_like(image)
    for _ in range(thickness + 1):
        eroded = _eroded(image)
        top = F.relu(image - _widest(eroded, 3))
        line = line + F.relu(top - line * top)
        image = eroded
    return line


def _eroded(image: Fields) -> Fields:
    ndim = image.ndim - 2
    along = [_widest(-image, tuple(3 if a == k else 1 for a in range(ndim))) for k in range(ndim)]
    return -torch.stack(along).amax(0)


def _widest(image: Fields, size: int | tuple[int, ...]) -> Fields:
    sizes = (size,) * (image.ndim - 2) if isinstance(size, int) else size
    pool = F.max_pool2d if len(sizes) == 2 else F.max_pool3d
    return pool(image, sizes, stride=1, padding=tuple(n // 2 for n in sizes))


class _Bounded(torch.autograd.Function):
    """The identity, whose slopes on the way back are scaled so that they sum to at most `most`."""

    @staticmethod
    def forward(context: Any, values: Tensor, most: float) -> Tensor:
        context.most = most
        return values.clone()

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        total = slopes[0].abs().sum()
        return slopes[0] * (context.most / total.clamp(min=context.most)), None


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
