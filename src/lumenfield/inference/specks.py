"""Lumen that is too small or too doubtful; separate because it judges pieces, not voxels."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.inference.sureness import outdone
from lumenfield.tensors import Tensor

__all__ = ["drop_specks"]


def drop_specks(
    logits: Tensor, agreed: Tensor, least: int, magnitude: NDArray[Any]
) -> tuple[int, int]:
    """Push components of the lumen just outside that are no vessels; count them.

    Args:
        logits: a grid, changed in place; positive is lumen. agreed: bits on it.
        least: voxels that a component needs.
        magnitude: the scan, on that grid.

    Returns:
        How many were too small or agreed on nowhere, and how many of the rest were far
        less sure than others, or less sure and of opposite contrast.
    """
    from scipy.ndimage import label

    structure = np.ones((3,) * logits.ndim)
    labels, count = label((logits > 0).numpy(), structure=structure)
    sizes = np.zeros(count + 1, dtype=np.int64)
    sure = np.zeros(count + 1, dtype=np.int64)
    for slab, bits in zip(labels, agreed.numpy(), strict=True):
        sizes += np.bincount(slab.ravel(), minlength=count + 1)
        sure += np.bincount(slab[bits], minlength=count + 1)
    doubtful = ((sizes < least) | (sure == 0)) & (np.arange(count + 1) > 0)
    if doubtful.any():
        _push_out(logits, labels, doubtful)
        # Not a new array: the labels of a large grid take as much as its logits.
        for slab in labels:
            slab[doubtful[slab]] = 0
        sizes[doubtful] = 0
    other = outdone(magnitude, labels, logits.numpy(), sizes)
    if other.any():
        _push_out(logits, labels, other)
    return int(doubtful.sum()), int(other.sum())


def _push_out(logits: Tensor, labels: NDArray[np.int32], doubtful: NDArray[np.bool_]) -> None:
    for grid, slab in zip(logits, labels, strict=True):
        specks = torch.from_numpy(doubtful[slab])
        # Mirrored, not cut: a plateau would have no slope to place a neighbouring wall by.
        grid[specks] = -grid[specks].abs().clamp(min=0.5)
