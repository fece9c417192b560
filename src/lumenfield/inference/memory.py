"""What a scan will take of the machine; separate so that it is known before it is taken."""

import math
import mmap
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.tensors import Tensor

__all__ = ["Plan", "free_memory_gb", "grid_of_zeros", "parked", "plan_memory", "release"]

_PROGRAM_GB = 0.55
"""The interpreter with torch, scipy and a network."""

_LARGE = 1 << 25
"""Voxels beyond which sums are held in float16, which near the wall keeps a logit to 1 in 2000,
and answers wait in a file."""

_BYTES_HELD = {"float32": 28, "float16": 18, "disk": 10}
"""A voxel of the scan costs this: scan, its normalised copy and the sums, or scan and answers."""

_SMALLEST, _LARGEST = 48, 256

_SLABS = 32
"""Slabs of a grid that are written to a file before their memory is let go."""


@dataclass(frozen=True)
class Plan:
    """How a scan is cut up and held.

    Args:
        scout: edge of the tiles of a first sight, voxels. tile: of a close look.
        dtype: of the sums.
        on_disk: whether the sums wait in a file; it is slower.
        gigabytes: that all this is expected to take.
    """

    scout: int
    tile: int
    dtype: torch.dtype
    on_disk: bool
    gigabytes: float


def plan_memory(
    shape: tuple[int, ...], tile: int, enlargement: float, features: float, limit_gb: float
) -> Plan:
    """Choose tiles and sums that fit.

    Args:
        tile: wanted edge of a tile, voxels.
        enlargement: the largest scale. features: bytes that a voxel takes inside a network.
        limit_gb: that the process may hold; 0 takes four fifths of what is free.

    Raises:
        InputError: even the smallest tiles with sums on disk would not fit.
    """
    limit = limit_gb or _PROGRAM_GB + 0.8 * free_memory_gb()
    voxels, ndim = math.prod(shape), len(shape)
    ways = [("float16", False), ("disk", True)]
    if voxels <= _LARGE:
        ways.insert(0, ("float32", False))
    for kind, on_disk in ways:
        held = _PROGRAM_GB + voxels * _BYTES_HELD[kind] / 1e9
        edge = _edge((limit - held) * 1e9 / features / enlargement**ndim, ndim)
        if edge >= min(_SMALLEST, *shape):
            chosen = min(tile, edge)
            scout = max(chosen, min(_LARGEST, _edge((limit - held) * 1e9 / features, ndim)))
            took = min(chosen**ndim, voxels) * features * enlargement**ndim / 1e9
            dtype = torch.float32 if kind == "float32" else torch.float16
            return Plan(scout, chosen, dtype, on_disk, round(held + took, 2))
    least = held + _SMALLEST**ndim * features * enlargement**ndim / 1e9
    raise InputError(
        f"a scan of {'×'.join(map(str, shape))} in {limit:.2g} GB",
        f"it needs {least:.2g} GB",
        "allow more with --max-memory, close other programs, or crop the scan",
    )


def _edge(voxels: float, ndim: int) -> int:
    """Edge of the largest tile of so many voxels, a multiple of 16."""
    return 16 * int(max(0.0, voxels) ** (1 / ndim) / 16)


def grid_of_zeros(shape: tuple[int, ...], plan: Plan) -> Tensor:
    """Make a 1 × 1 × grid to sum in; on disk it is a file without a name, gone when unused."""
    if not plan.on_disk:
        return torch.zeros((1, 1, *shape), dtype=plan.dtype)
    return torch.from_numpy(_in_file((1, 1, *shape), np.dtype(np.float16)))


def parked(values: NDArray[Any]) -> NDArray[Any]:
    """Move a large grid to a file without a name, which the system reads back where it is used.

    A small grid stays as it is. The file is gone when the grid is.
    """
    if values.size <= _LARGE:
        return values
    held = _in_file(values.shape, values.dtype)
    for number, (there, slab) in enumerate(zip(held, values, strict=True)):
        there[...] = slab
        if number % _SLABS == 0:
            release(held)
    release(held)
    return held


def release(values: NDArray[Any]) -> None:
    """Let go of the memory that a parked grid was read into; nothing happens to any other."""
    owner: Any = values
    while owner is not None and not isinstance(owner, mmap.mmap):
        owner = getattr(owner, "base", None)
    if owner is not None and hasattr(mmap, "MADV_DONTNEED"):
        owner.madvise(mmap.MADV_DONTNEED)


def _in_file(shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype=dtype, mode="w+", shape=shape)


def free_memory_gb() -> float:
    """Memory that programs can still have, where the system tells; else half of all there is."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024 / 1e9
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2e9
    except (ValueError, OSError, AttributeError):
        return 4.0
