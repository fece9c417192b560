"""What a file holds, for people; separate from `read`, which is for work."""

from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.io.catalogue import Catalogue, Part
from lumenfield.io.files import choose, peek
from lumenfield.io.formats import format_of
from lumenfield.io.joined import several
from lumenfield.io.options import ReadOptions
from lumenfield.io.stored import Stored, values_of

__all__ = ["FileInfo", "PartInfo", "describe", "value_range"]

_ENDS = ("RL", "AP", "SI")


@dataclass(frozen=True)
class PartInfo:
    """One of several scans: the name to choose it by, and what it is."""

    name: str
    about: str


@dataclass(frozen=True)
class FileInfo:
    """The answer of `describe`, in plain values; what depends on a choice is empty without one.

    Args:
        format: such as "NIfTI".
        shape: two or three axes; `frames` counts those in time.
        dtype: of the values on disk, before any scaling.
        orientation: where each axis points, such as "RAS"; two letters for an image, none
            where the file does not say.
        affine: 4×4, voxel index to RAS+ mm.
        has_geometry: False if the voxel size is an assumption.
        parts: the scans to choose from, where the format can hold several.
        chosen_with: the option that chooses, "array" or "series".
    """

    format: str
    shape: tuple[int, ...] = ()
    frames: int = 1
    spacing_mm: tuple[float, ...] = ()
    dtype: str = ""
    orientation: str = ""
    affine: tuple[tuple[float, ...], ...] = ()
    has_geometry: bool = False
    parts: tuple[PartInfo, ...] = ()
    chosen_with: str = ""


def describe(path: Path | str, options: ReadOptions | None = None) -> FileInfo:
    """Read the header of a file and say what it holds.

    Raises:
        InputError: as `read`, as far as the header shows it.
    """
    path, options = Path(path), options or ReadOptions()
    if several(path):
        return _described("several files", peek(path, options), options)
    found = format_of(path).peek(path)
    name = _named(path, found)
    if isinstance(found, Stored):
        return _described(name, choose(path, found, options), options)
    wanted = options.array if found.kind == "array" else options.series
    if wanted is None and found.parts and found.usual() is None:
        return FileInfo(name, parts=_listed(found.parts), chosen_with=found.kind)
    return _described(name, choose(path, found, options), options, found)


def value_range(path: Path | str, options: ReadOptions | None = None) -> tuple[float, float]:
    """Read all values and give the least and the greatest that are finite; NaN without any.

    Raises:
        InputError: as `read`.
    """
    options = options or ReadOptions()
    return _range(values_of(peek(path, options), options.time))


def _described(
    name: str, stored: Stored, options: ReadOptions, found: Catalogue | None = None
) -> FileInfo:
    ndim = len(stored.grid)
    affine = stored.placement.affine(stored.path, ndim, options.spacing)
    return FileInfo(
        format=name,
        shape=stored.grid,
        frames=stored.n_frames,
        spacing_mm=tuple(float(s) for s in np.linalg.norm(affine[:3, :ndim], axis=0)),
        dtype=stored.dtype.name,
        orientation=_letters(affine)[:ndim] if stored.placement.known else "",
        affine=tuple(tuple(float(entry) for entry in row) for row in affine),
        has_geometry=stored.placement.known,
        parts=_listed(found.parts) if found else (),
        chosen_with=found.kind if found else "",
    )


def _letters(affine: NDArray[np.float64]) -> str:
    """Name the direction of each axis by the world's axis it is nearest to, each taken once."""
    unit = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    nearest = max(permutations(range(3)), key=lambda rows: sum(abs(unit[rows, range(3)])))
    return "".join(_ENDS[row][int(unit[row, axis] < 0)] for axis, row in enumerate(nearest))


def _named(path: Path, found: Stored | Catalogue) -> str:
    """Name the format; a folder's is that of what is in it."""
    if not path.is_dir():
        return format_of(path).name
    return "DICOM" if isinstance(found, Catalogue) else "stack of images"


def _listed(parts: tuple[Part, ...]) -> tuple[PartInfo, ...]:
    return tuple(PartInfo(part.name, part.about) for part in parts)


def _range(values: NDArray[Any]) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return float("nan"), float("nan")
    return float(finite.min()), float(finite.max())
