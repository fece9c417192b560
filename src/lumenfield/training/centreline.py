"""The clDice loss: are centrelines in the other lumen? Separate because the thinning is soft."""

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float

from lumenfield.tensors import Fields, Tensor

__all__ = ["Scalar", "cldice"]

Scalar = Float[Tensor, ""]

EPSILON = 1.0
"""Voxels added to a centreline and to what of it is hit: an empty one keeps a finite slope."""


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
