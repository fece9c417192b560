"""Shapes whose distances are known in closed form."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Distance = NDArray[np.float32]


def places(shape: tuple[int, ...], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Voxel centres in mm from the middle of the grid; the first axis is the coordinate."""
    axes = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"))


@pytest.fixture
def ball() -> Callable[..., Distance]:
    """Signed distance of a ball (2-D: a disc), mm; `at` is its centre from the grid's middle."""

    def make(
        radius: float,
        shape: tuple[int, ...] = (40, 40, 40),
        spacing: tuple[float, ...] = (1.0, 1.0, 1.0),
        at: tuple[float, ...] = (0.0, 0.0, 0.0),
    ) -> Distance:
        from_centre = [x - a for x, a in zip(places(shape, spacing), at, strict=False)]
        return (np.linalg.norm(from_centre, axis=0) - radius).astype(np.float32)

    return make


@pytest.fixture
def tube() -> Callable[..., Distance]:
    """Signed distance of a tube along the last axis that leaves the grid at both ends, mm."""

    def make(
        radius: float,
        shape: tuple[int, ...] = (30, 30, 30),
        spacing: tuple[float, ...] = (1.0, 1.0, 1.0),
        at: tuple[float, ...] = (0.0, 0.0),
    ) -> Distance:
        across = [x - a for x, a in zip(places(shape, spacing)[:-1], at, strict=False)]
        return (np.linalg.norm(across, axis=0) - radius).astype(np.float32)

    return make
