"""What the flow solver gets: the wall alone, its error and the planes that close it."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import BoundaryPrior, Prediction, PriorMeta, Volume
from lumenfield.errors import InputError
from lumenfield.levelset import redistance
from lumenfield.prior.caps import caps_of
from lumenfield.refinement.posterior import along_normals
from lumenfield.tensors import Tensor

__all__ = ["boundary_prior"]


def boundary_prior(
    prediction: Prediction,
    *,
    keep: int | Literal["all"] = 1,
    model: str = "",
    version: str = "",
) -> BoundaryPrior:
    """Make a Gaussian prior on the wall: Ω = {max(φ̄, planes) < 0}.

    Small parts of the lumen are left out and listed; vessels that reach the border of the grid go
    on through it, and the caps say where; no cap is inside φ̄.

    Args:
        keep: how many connected parts of the lumen, largest first.
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
    wall = redistance(_tensor(field), spacing, band=5.0)
    spread = along_normals(_tensor(prediction.spread.values), wall, spacing)
    cleaned = _volume(wall, distance)
    return BoundaryPrior(
        distance=cleaned,
        spread=_volume(spread, distance),
        caps=caps_of(cleaned),
        field=prediction.field,
        meta=PriorMeta(model, version, discarded, prediction.warnings),
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
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    order = np.argsort(-sizes, kind="stable")
    dropped = np.isin(parts, order[keep:] + 1)
    outside = np.where(dropped, np.abs(distance), distance)
    return outside, tuple(int(n) for n in sizes[order[keep:]])


def _tensor(values: NDArray[np.floating]) -> Tensor:
    return torch.as_tensor(np.asarray(values, dtype=np.float32))[None, None]


def _volume(fields: Tensor, like: Volume) -> Volume:
    return like.like(fields[0, 0].numpy())
