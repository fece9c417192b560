"""White noise that belongs to places of a grid, so that overlapping boxes draw the same."""

import itertools

import numpy as np
from numpy.typing import NDArray

__all__ = ["place_noise"]

_BLOCK = 16


def place_noise(
    seed: int, stream: int, start: tuple[int, ...], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    """Draw standard normals for the voxels from `start`, of `shape`.

    Each block of 16 voxels a side has its own place in the sequence of a counter-based generator
    (Philox, Salmon et al. 2011): a voxel's number depends on seed, stream and place alone.
    """
    noise = np.empty(shape, dtype=np.float32)
    stop = [a + n for a, n in zip(start, shape, strict=True)]
    ranges = [range(a // _BLOCK, -(-b // _BLOCK)) for a, b in zip(start, stop, strict=True)]
    for block in itertools.product(*ranges):
        counter = [0, *block, *[0] * (3 - len(block))]
        bits = np.random.Philox(key=[seed, stream], counter=counter)
        drawn = np.random.Generator(bits).standard_normal((_BLOCK,) * len(shape), dtype=np.float32)
        ours, theirs = [], []
        for k, a, b in zip(block, start, stop, strict=True):
            low, high = max(a, k * _BLOCK), min(b, (k + 1) * _BLOCK)
            ours.append(slice(low - a, high - a))
            theirs.append(slice(low - k * _BLOCK, high - k * _BLOCK))
        noise[tuple(ours)] = drawn[tuple(theirs)]
    return noise
