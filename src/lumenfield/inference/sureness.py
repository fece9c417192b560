"""Lumen that is far less sure than the rest; separate because it compares pieces with each other.

A network sometimes takes an organ beside vessels for one, though less surely. Blood in one scan is
also either brighter than what surrounds it or darker: a piece of the other sign has to be surer.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["outdone"]

_ACROSS = 3
"""Voxels between a place in a piece and the place outside it is compared with."""

_LEAST_SHARE = 0.01
"""Of all lumen, that a piece needs to set the sign."""

_AS_SURE = 0.35
_AS_SURE_OPPOSED = 0.8
"""Part of the surest piece's mean logit that lets a piece stay, and one of the other sign."""

_SUREST = 8.0

Labels = NDArray[Any]


def outdone(
    magnitude: NDArray[Any], labels: Labels, logits: NDArray[Any], sizes: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which pieces are far less sure than the surest, or less sure and of opposite contrast.

    Args:
        magnitude: the scan. labels: its pieces, 0 outside. logits: all three on one grid.
        sizes: voxels of each label, that of 0 included.

    Returns:
        One bit for each label, that of 0 unset.
    """
    count, sureness = len(sizes), np.zeros(len(sizes))
    size = np.where(np.arange(count) > 0, sizes, 0)
    if not size.any():
        return np.zeros(count, bool)
    for slab, seen in zip(labels, logits, strict=True):
        sure = np.minimum(seen.ravel(), _SUREST)
        sureness += np.bincount(slab.ravel(), weights=sure, minlength=count)
    sureness = np.divide(sureness, size, out=np.zeros(count), where=size > 0)
    sets_sign = np.where(size >= _LEAST_SHARE * size.sum(), sureness, -np.inf)
    surest = int(sets_sign.argmax())
    sign = np.sign(_contrast(magnitude, labels, count))
    needed = np.where(sign * sign[surest] < 0, _AS_SURE_OPPOSED, _AS_SURE) * sureness[surest]
    return np.asarray((sureness < needed) & (size > 0))


def _contrast(magnitude: NDArray[Any], labels: Labels, count: int) -> NDArray[np.float64]:
    """Sum magnitude inside less outside over all pairs of places across a piece's border."""
    total = np.zeros(count)
    for number, slab in enumerate(labels):
        if not slab.any():
            continue
        here = np.asarray(magnitude[number], dtype=np.float64)
        for beside in (number - _ACROSS, number + _ACROSS):
            if 0 <= beside < len(labels):
                there = np.asarray(magnitude[beside], dtype=np.float64)
                total += _summed(slab, here, labels[beside], there, count)
        for axis in range(slab.ndim):
            n = slab.shape[axis]
            first = (slice(None),) * axis + (slice(0, max(n - _ACROSS, 0)),)
            last = (slice(None),) * axis + (slice(_ACROSS, n),)
            for a, b in ((first, last), (last, first)):
                total += _summed(slab[a], here[a], slab[b], here[b], count)
    return total


def _summed(
    inside: Labels,
    here: NDArray[np.float64],
    beyond: Labels,
    there: NDArray[np.float64],
    count: int,
) -> NDArray[np.float64]:
    pairs = (inside > 0) & (beyond == 0)
    return np.asarray(np.bincount(inside[pairs], (here - there)[pairs], count), dtype=np.float64)
