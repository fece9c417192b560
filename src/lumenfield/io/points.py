"""Grids given point by point; separate because both VTK structured grids ask where they lie."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io.placement import Placement

__all__ = ["Planes", "place_points"]

Planes = Callable[[int], NDArray[np.float64]]
"""The points of slice k, 3×n, first axis fastest."""

_STRAY = 1e-3  # of the shortest edge
_DIGITS = 1e-6  # of a coordinate stored in single precision


def place_points(
    path: Path,
    sizes: Sequence[int],
    planes: Planes,
    stated: NDArray[np.float64] | None = None,
) -> Placement:
    """Find the affine that puts every index where its point is.

    Args:
        sizes: of the three axes.
        stated: an affine the file gives beside its points; taken where the points agree.

    Raises:
        InputError: a curved grid, or an irregular one.
    """
    measured = _measured(sizes, planes)
    placed = [affine for affine in (stated, measured) if affine is not None]
    for affine in placed:
        if all(_agrees(affine, sizes, k, planes(k)) for k in range(sizes[2])):
            return Placement.of(affine[:3, :3], np.ones(3), affine[:3, 3])
    raise InputError(
        f"{path} has points that do not lie on a regular grid",
        "equal steps along three straight axes",
        "resample it to image data first",
    )


def _measured(sizes: Sequence[int], planes: Planes) -> NDArray[np.float64]:
    """Take the steps between the corners; an axis of one point has none."""
    first, last = planes(0), planes(sizes[2] - 1)
    far = (first[:, sizes[0] - 1], first[:, sizes[0] * (sizes[1] - 1)], last[:, 0])
    affine = np.eye(4)
    affine[:3, 3] = first[:, 0]
    for axis, (corner, size) in enumerate(zip(far, sizes, strict=True)):
        affine[:3, axis] = (corner - first[:, 0]) / max(1, size - 1)
    return affine


def _agrees(
    affine: NDArray[np.float64], sizes: Sequence[int], k: int, points: NDArray[np.float64]
) -> bool:
    across = np.indices((sizes[0], sizes[1], 1)).reshape(3, -1, order="F")
    across[2] = k
    with np.errstate(all="ignore"):
        expected = affine[:3, :3] @ across + affine[:3, 3:]
        edges = np.linalg.norm(affine[:3, :3], axis=0)
        shortest = edges[np.array(sizes) > 1].min(initial=np.inf)
        stray = np.abs(points - expected).max()
        return bool(stray <= _STRAY * shortest + _DIGITS * np.abs(expected).max())
