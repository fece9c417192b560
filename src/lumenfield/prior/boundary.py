"""What the flow solver gets: the wall alone, its error and the planes that close it."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import BoundaryPrior, Prediction, PriorMeta
from lumenfield.errors import InputError
from lumenfield.inference.memory import release
from lumenfield.prior.caps import caps_of
from lumenfield.prior.restored import restored_wall

__all__ = ["boundary_prior"]

_LARGE = 1 << 25


def boundary_prior(
    prediction: Prediction,
    *,
    keep: int | Literal["all"] = 1,
    samples: NDArray[np.float32] | None = None,
    model: str = "",
    version: str = "",
) -> BoundaryPrior:
    """Make a Gaussian prior on the wall: Ω = {max(φ̄, planes) < 0}.

    Small parts of the lumen are left out and listed; vessels that reach the border of the grid go
    on through it, and the caps say where; no cap is inside φ̄.

    Args:
        keep: how many connected parts of the lumen, largest first.
        samples: (n, *grid) posterior samples of the prediction's distance, mm.
        model: that made the prediction. version: of this library, for the record.

    Raises:
        InputError: no voxel of the prediction is in the lumen, or `keep` is less than one.
    """
    distance, spacing = prediction.distance, prediction.distance.spacing
    if not (distance.values < 0).any():
        raise InputError(
            "the prediction has no lumen", "a prior needs a wall", "look at the scan and the model"
        )
    field, discarded = _main_parts(distance.values, keep)
    release(distance.values)
    wall, spread = restored_wall(field, prediction.spread.values, spacing, edited=bool(discarded))
    cleaned = distance.like(wall)
    return BoundaryPrior(
        distance=cleaned,
        spread=distance.like(spread),
        caps=caps_of(cleaned),
        field=prediction.field,
        meta=PriorMeta(
            model, version, discarded, prediction.warnings, "" if samples is None else "posterior"
        ),
        samples=None if samples is None else cleaned.values + (samples - distance.values),
    )


def _main_parts(
    distance: NDArray[np.floating], keep: int | Literal["all"]
) -> tuple[NDArray[np.floating], tuple[int, ...]]:
    """Turn the lumen's smaller parts outside; return their sizes, largest first."""
    from scipy.ndimage import label

    if keep == "all":
        return distance, ()
    if keep < 1:
        raise InputError(f"keep is {keep}", "at least one part of the lumen is kept", "use 1")
    parts, count = label(distance < 0, structure=np.ones((3,) * distance.ndim))
    counts = np.zeros(count + 1, dtype=np.int64)
    for slab in parts:
        counts += np.bincount(slab.ravel(), minlength=count + 1)
    sizes = counts[1:]
    order = np.argsort(-sizes, kind="stable")
    dropped = np.isin(np.arange(count + 1), order[keep:] + 1)
    # Half precision places the wall to a thousandth of a voxel, in half of a large grid's memory.
    outside = np.array(distance, dtype=np.float16 if distance.size > _LARGE else None)
    for slab, labels in zip(outside, parts, strict=True):
        slab[dropped[labels]] *= -1
    return outside, tuple(int(n) for n in sizes[order[keep:]])
