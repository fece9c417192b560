"""Scans as networks want to see them; separate so that a large one is never held four times."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.networks.checkpoint import Preprocessing
from lumenfield.tensors import Tensor

__all__ = ["normalised"]

_LARGE = 1 << 25
"""Voxels beyond which a scan is normalised slab by slab, into half precision."""


def normalised(values: NDArray[np.generic], preprocessing: Preprocessing) -> Tensor:
    """Normalise a scan, 1 × 1 × grid, contiguous; a large one in float16, which keeps 1 in 2000."""
    if values.size <= _LARGE:
        whole = np.ascontiguousarray(values, dtype=np.float32)
        return preprocessing.normalise(torch.from_numpy(whole)[None, None])
    mean, deviation = _moments(values)
    result = torch.empty((1, 1, *values.shape), dtype=torch.float16)
    for k, slab in enumerate(_slabs(values)):
        centred = (slab - mean) / deviation
        cut = centred.clip(-preprocessing.clip, preprocessing.clip)
        result[0, 0, k] = torch.from_numpy(cut.astype(np.float16))
    return result


def _moments(values: NDArray[np.generic]) -> tuple[float, float]:
    mean = math.fsum(slab.sum() for slab in _slabs(values)) / values.size
    squares = math.fsum(((slab - mean) ** 2).sum() for slab in _slabs(values))
    return mean, math.sqrt(squares / values.size) or 1.0


def _slabs(values: NDArray[np.generic]) -> Iterator[NDArray[np.float64]]:
    for slab in values:
        yield np.asarray(slab, dtype=np.float64)
