"""Scans at another scale and back; separate because both ways must agree on where a voxel is."""

import torch
from torch.nn import functional

from lumenfield.tensors import Fields, Tensor

__all__ = ["resized", "restored"]

_MODES = {2: "bilinear", 3: "trilinear"}


def resized(image: Fields, scale: float) -> Tensor:
    """Sample the cubic spline through a grid more finely (or coarsely), its corners kept in place.

    Args:
        scale: voxels of the result for each voxel of the image, along every axis.
    """
    if scale == 1:
        return image
    from scipy.ndimage import zoom

    return torch.from_numpy(zoom(image[0, 0].numpy(), scale, order=3))[None, None]


def restored(logits: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Bring what was found at another scale back to a grid of `shape`, corners on corners."""
    if tuple(logits.shape[2:]) == shape:
        return logits
    return functional.interpolate(logits, shape, mode=_MODES[len(shape)], align_corners=True)
