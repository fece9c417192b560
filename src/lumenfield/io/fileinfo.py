"""What a file holds, for people; separate from `read`, which is for work."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumenfield.io.files import peek
from lumenfield.io.formats import format_of
from lumenfield.io.stored import values_of

__all__ = ["FileInfo", "describe"]


@dataclass(frozen=True)
class FileInfo:
    """The answer of `describe`, in plain values.

    Args:
        format: such as "NIfTI".
        dtype: of the values on disk, before any scaling.
        orientation: where each axis points, such as "RAS"; two letters for an image.
        affine: 4×4, voxel index to RAS+ mm.
        minimum: of the finite values; NaN if there are none.
        has_geometry: False if the voxel size is an assumption.
    """

    format: str
    shape: tuple[int, ...]
    spacing_mm: tuple[float, ...]
    dtype: str
    orientation: str
    affine: tuple[tuple[float, ...], ...]
    minimum: float
    maximum: float
    has_geometry: bool


def describe(path: Path | str) -> FileInfo:
    """Read all of a file and say what it holds.

    Raises:
        InputError: as `read`.
    """
    from nibabel.orientations import aff2axcodes

    stored = peek(path)
    ndim = len(stored.grid)
    affine = stored.placement.affine(stored.path, ndim)
    least, most = _range(values_of(stored))
    return FileInfo(
        format=format_of(stored.path).name,
        shape=stored.shape,
        spacing_mm=tuple(float(s) for s in np.linalg.norm(affine[:3, :ndim], axis=0)),
        dtype=stored.dtype.name,
        orientation="".join(aff2axcodes(affine)[:ndim]),
        affine=tuple(tuple(float(entry) for entry in row) for row in affine),
        minimum=least,
        maximum=most,
        has_geometry=stored.placement.known,
    )


def _range(values: "NDArray[np.generic]") -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return float("nan"), float("nan")
    return float(finite.min()), float(finite.max())
