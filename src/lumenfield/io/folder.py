"""A folder as one scan: a DICOM study, or a stack of PNG or TIFF images, one a slice."""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io import dicom, png, tiff
from lumenfield.io.catalogue import Catalogue
from lumenfield.io.placement import Placement
from lumenfield.io.stored import Format, Stored, grid_shape

__all__ = ["FORMAT", "holds_one_scan"]

_IMAGES = {".png": png.peek, ".tif": tiff.peek, ".tiff": tiff.peek}
_MOST_NAMED = 3


def peek(path: Path) -> Stored | Catalogue:
    """List the DICOM series of a folder, or stack its images in the order of their numbers.

    Raises:
        InputError: it holds neither, or images that differ.
    """
    files = _files(path)
    if images := _stack(files):
        return _stacked(path, images)
    if found := dicom.files_in(path):
        return dicom.catalogue(path, found)
    named = ", ".join(sorted(one.name for one in files)[:_MOST_NAMED])
    raise InputError(
        f"{path} is a folder" + (f" with {len(files)} files ({named}, …)" if files else ""),
        "one file is needed",
        "name a file in it; files of one case are joined as A+B",
    )


FORMAT: Format = Format("folder", peek, None)


def holds_one_scan(path: Path) -> bool:
    """Tell whether a folder is a scan in itself, or only has scans in it."""
    files = _files(path)
    return len(_stack(files)) > 1 or bool(dicom.files_in(path))


def _files(path: Path) -> list[Path]:
    try:
        return [one for one in path.iterdir() if one.is_file() and not one.name.startswith(".")]
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}", "a folder open to you", "check its permissions"
        ) from None


def _stack(files: Sequence[Path]) -> list[Path]:
    """Give the images of a folder that has nothing else, in the order of their numbers."""
    kinds = {one.suffix.lower() for one in files}
    if len(kinds) != 1 or not kinds <= set(_IMAGES):
        return []
    return sorted(files, key=_numbered)


def _numbered(path: Path) -> list[tuple[int, str]]:
    """Sort slice10 after slice9."""
    pieces = re.split(r"(\d+)", path.stem.lower())
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in pieces]


def _stacked(path: Path, images: Sequence[Path]) -> Stored:
    slices = [_IMAGES[image.suffix.lower()](image) for image in images]
    first = slices[0]
    for other in slices:
        if (other.shape, other.dtype) != (first.shape, first.dtype) or len(other.shape) != 2:
            raise InputError(
                f"{first.path} is {_told(first)}, {other.path.name} is {_told(other)}",
                "a stack has images of one size and type",
                "move what does not belong to another folder",
            )
    shape = grid_shape(path, (*first.shape, len(slices)))
    load = partial(_load, tuple(slices), shape)
    return Stored(path, shape, first.dtype, Placement.unknown(), load)


def _told(image: Stored) -> str:
    return f"{'×'.join(map(str, image.shape))} {image.dtype.name}"


def _load(slices: Sequence[Stored], shape: tuple[int, ...]) -> NDArray[Any]:
    values = np.empty((*slices[0].shape, len(slices)), slices[0].dtype)
    for k, image in enumerate(slices):
        values[:, :, k] = image.load()
    return values.reshape(shape)
