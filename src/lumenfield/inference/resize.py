"""Scans at another scale and back; separate because both ways must agree on where a voxel is."""

import functools

import numpy as np
import torch
from torch.nn import functional

from lumenfield.tensors import Fields, Tensor

__all__ = ["resized", "restored"]

_MODES = {2: "bilinear", 3: "trilinear"}


def resized(image: Fields, scale: tuple[float, ...]) -> Tensor:
    """Sample the cubic spline through a grid more finely (or coarsely), its corners kept in place.

    Args:
        scale: voxels of the result for each voxel of the image, one number an axis.
    """
    for axis, (factor, n) in enumerate(zip(scale, image.shape[2:], strict=True), start=2):
        if factor != 1:
            matrix = _spline(n, max(2, round(n * factor))).to(image)
            image = torch.tensordot(image, matrix, dims=([axis], [1])).movedim(-1, axis)
    return image.contiguous()


def restored(logits: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Bring what was found at another scale back to a grid of `shape`, corners on corners."""
    if tuple(logits.shape[2:]) == shape:
        return logits
    return functional.interpolate(logits, shape, mode=_MODES[len(shape)], align_corners=True)


@functools.lru_cache(maxsize=16)
def _spline(n: int, m: int) -> Tensor:
    """Weigh n samples to give the cubic spline through them at m places, ends on ends; m × n."""
    from scipy.ndimage import spline_filter1d

    # Column k: coefficients of the spline that is 1 at sample k and 0 at the others.
    coefficients = spline_filter1d(np.eye(n), order=3, axis=0, mode="mirror")
    places = np.arange(m) * ((n - 1) / (m - 1))
    first = np.floor(places).astype(int) - 1
    weights = np.zeros((m, n))
    for offset in range(4):
        index = np.abs(first + offset)
        index = np.where(index >= n, 2 * (n - 1) - index, index)
        t = np.abs(places - (first + offset))
        basis = np.where(t < 1, 2 / 3 - t**2 + t**3 / 2, np.maximum(2 - t, 0) ** 3 / 6)
        np.add.at(weights, (np.arange(m), index), basis)
    return torch.from_numpy(weights @ coefficients).float()
