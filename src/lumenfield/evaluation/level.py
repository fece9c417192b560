"""What an array says about a wall: its zero level; separate so that every metric reads one form.

A mask, a probability and a signed distance all become a level: negative inside the lumen, zero on
the wall. A mask's wall is its ½-level, half way between a voxel of lumen and its neighbour, a
staircase right to half a voxel; a probability's ½-level and a distance's zero are sub-voxel.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError

__all__ = ["Kind", "Level", "check_is_distance", "level_of"]

Kind = Literal["auto", "mask", "probability", "distance"]


@dataclass(frozen=True, eq=False)
class Level:
    """A field that is negative in the lumen and zero on its wall.

    Args:
        values: float32, two or three axes.
        is_distance: the values are a signed distance in mm, not only a level.
    """

    values: NDArray[np.float32]
    is_distance: bool

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """True in the lumen; a voxel whose centre is on the wall is outside."""
        return np.asarray(self.values < 0)


def level_of(values: NDArray[Any], *, what: str = "array", kind: Kind = "auto") -> Level:
    """Read a mask, a probability or a signed distance as a level.

    With `auto`: 0 and 1, or 0 and 255, are a mask; else values within 0 and 1 are a probability,
    whose wall is at ½; else negative values tell a distance, and so does the same fraction above 1
    in every voxel, as where there is no lumen.

    Args:
        what: how a message names the array, such as "truth".
        kind: what the array is, where its values alone do not tell.

    Raises:
        InputError: a value is not finite, or the values fit no kind or not the kind given.
    """
    _refuse_not_finite(values, what)
    low, high = float(values.min()), float(values.max())
    two_valued = bool(np.all((values == low) | (values == high)))
    # No label is a fraction; the distance of a scan without a lumen may be one number.
    nowhere = low == high > 1 and not high.is_integer()
    if kind == "distance" or (kind == "auto" and (nowhere or (low < 0 and not two_valued))):
        return Level(values.astype(np.float32), is_distance=True)
    if two_valued and {low, high} <= {0.0, high} and high in (0.0, 1.0, 255.0):
        return Level(np.where(values > 0, -0.5, 0.5).astype(np.float32), is_distance=False)
    if kind != "mask" and low >= 0 and high <= 1:
        return Level((0.5 - values).astype(np.float32), is_distance=False)
    raise InputError(
        f"{what} holds {_listed(values)}",
        "one lumen is needed, as a mask of 0 and 1 (or 0 and 255), a probability in 0 to 1, or a "
        "distance in mm, negative in the lumen",
        "make a mask of the one label to score, or say that it is a distance if it is one",
    )


def check_is_distance(level: Level, spacing: tuple[float, ...], what: str) -> None:
    """Refuse a distance that does not grow by one mm a mm at its wall.

    So a logit, a distance in metres or in voxels is found out before it is scored.

    Raises:
        InputError: the median slope next to the wall is not within 0.75 and 1.33.
    """
    if not level.is_distance or level.mask.all() or not level.mask.any():
        return
    # Next to a change of sign is near the wall in whatever unit the values are.
    beside = _beside_wall(level.mask)
    slope = float(np.median(np.sqrt(_squared_slope(level.values, spacing)[beside])))
    if not 0.75 < slope < 1.33:
        raise InputError(
            f"{what} has negative values but grows by {slope:.3g} a mm at its zero level",
            "a signed distance in mm grows by 1",
            "convert it to mm, check the voxel size, redistance it, or give a mask",
        )


def _beside_wall(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels with a neighbour on the other side of the wall."""
    from scipy import ndimage

    return np.asarray(ndimage.binary_dilation(mask) & ~ndimage.binary_erosion(mask, border_value=1))


def _squared_slope(values: NDArray[np.float32], spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Sum over axes the mean square of both one-sided differences: fair in a lumen's middle too."""
    total = np.zeros(values.shape)
    for axis, step in enumerate(spacing):
        if values.shape[axis] > 1:
            ahead = (np.diff(values, axis=axis) / step).astype(np.float64) ** 2
            first, last = np.take(ahead, [0], axis), np.take(ahead, [-1], axis)
            total += np.concatenate([first, ahead], axis) / 2
            total += np.concatenate([ahead, last], axis) / 2
    return total


def _refuse_not_finite(values: NDArray[Any], what: str) -> None:
    if values.dtype.kind not in "buif":
        raise InputError(f"{what} is of type {values.dtype}", "scores need real numbers", "cast it")
    n_bad = int(values.size - np.isfinite(values).sum())
    if n_bad:
        raise InputError(
            f"{what} has {n_bad} voxels that are NaN or infinite",
            "every voxel needs a finite value",
            "fill them first",
        )


def _listed(values: NDArray[Any]) -> str:
    found = np.unique(values)
    if len(found) > 12:
        return f"{len(found)} values from {found[0]:.4g} to {found[-1]:.4g}"
    return "the values " + ", ".join(f"{v:.4g}" for v in found.astype(float))
