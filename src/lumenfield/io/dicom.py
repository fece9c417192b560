"""DICOM series: a folder, one file of it, or an enhanced file that holds all of it."""

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io.blocks import Block, Encoding, damaged, refuse_overrun
from lumenfield.io.catalogue import Catalogue, Part
from lumenfield.io.dicom_images import Image, read_images, series_of
from lumenfield.io.dicom_slices import Stack, sort_slices
from lumenfield.io.foreign import guarded
from lumenfield.io.stored import Format, Stored, grid_shape

__all__ = ["FORMAT", "catalogue", "files_in", "is_dicom"]

_MOST_FILES = 20_000
_SHOWN = ("magnitude", "real", "imaginary", "phase", "velocity")


def peek(path: Path) -> Catalogue:
    """List what one file holds; a single slice stands for its whole series in the same folder."""
    images = read_images(path)
    if not images:
        raise damaged(path, "it holds no image")
    if len(images) > 1:
        return _catalogue(path, images)
    meant = _key(images[0])
    beside = [file for file in path.parent.iterdir() if file != path and is_dicom(file)]
    same = [file for file in sorted(beside) if series_of(file) == images[0].series]
    others = [image for file in same for image in read_images(file) if _key(image) == meant]
    return _catalogue(path, [*images, *others])


FORMAT = Format("DICOM", peek, None)


def catalogue(path: Path, files: Sequence[Path]) -> Catalogue:
    """List the series of many files; magnitude, phase and each echo are told apart.

    Raises:
        InputError: a file is damaged.
    """
    return _catalogue(path, [image for file in files for image in read_images(file)])


def files_in(folder: Path) -> list[Path]:
    """Find the DICOM files in and below a folder, by what they begin with.

    Raises:
        InputError: one that only has the suffix: a slice cut short would else go missing unseen.
    """
    found = []
    for file in _walk(folder):
        if is_dicom(file):
            found.append(file)
        elif file.suffix.lower() in (".dcm", ".ima"):
            raise damaged(file, "no DICOM mark at its start")
    return sorted(found)


def is_dicom(path: Path) -> bool:
    """Tell a DICOM file by its mark after 128 bytes."""
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError:
        return False


def _walk(folder: Path) -> Iterator[Path]:
    count = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            count += 1
            if count > _MOST_FILES:
                raise InputError(
                    f"{folder} has more than {_MOST_FILES} files in it",
                    "a folder with one study",
                    "name the folder of the scan",
                )
            if (path := Path(root, name)).is_file():
                yield path


def _key(image: Image) -> tuple[str, str, float | None]:
    return image.series, image.kind, image.echo


def _catalogue(path: Path, images: Sequence[Image]) -> Catalogue:
    groups: dict[tuple[str, str, float | None], dict[tuple[str, int], Image]] = {}
    for image in images:  # the same image may be there twice
        groups.setdefault(_key(image), {})[image.uid, image.frame] = image
    ordered = sorted(groups, key=lambda key: (_order(groups[key]), _SHOWN.index(key[1]), str(key)))
    parts = [_part(path, key, list(groups[key].values()), ordered) for key in ordered]
    magnitudes = [p.name for p, key in zip(parts, ordered, strict=True) if key[1] == "magnitude"]
    return Catalogue("series", tuple(parts), tuple(magnitudes) if len(magnitudes) == 1 else ())


def _order(group: dict[tuple[str, int], Image]) -> tuple[int, str]:
    number = next(iter(group.values())).number
    return (int(number), "") if number.lstrip("-").isdecimal() else (0, number)


def _part(
    path: Path,
    key: tuple[str, str, float | None],
    images: list[Image],
    keys: Sequence[tuple[str, str, float | None]],
) -> Part:
    first, (series, kind, echo) = images[0], key
    within = [other for other in keys if other[0] == series]
    words = [first.number or series]
    if len({other[1] for other in within}) > 1:
        words.append(kind)
    if len({other[2] for other in within}) > 1:
        words.append(f"{echo:g}ms" if echo is not None else "noecho")
    size = f"{len(images)} images {first.rows}×{first.columns}"
    about = " ".join(word for word in (first.description, kind) if word)
    return Part(
        "-".join(words),
        f"{about}, {size}",
        partial(_open, path, images),
        (first.description, series, first.number),
    )


def _open(path: Path, images: list[Image]) -> Stored:
    stack = sort_slices(path, images)
    _refuse_packed(path, images)
    first, n_times = images[0], len(stack.slices[0])
    shape = grid_shape(path, (first.columns, first.rows, len(stack.slices), n_times))
    scaled = any((image.slope, image.intercept) != (1.0, 0.0) for image in images)
    dtype = np.dtype(np.float32) if scaled else np.dtype(first.dtype)
    return Stored(path, shape, dtype, stack.placement, partial(_load, stack, shape, dtype))


def _refuse_packed(path: Path, images: list[Image]) -> None:
    """Refuse values that nothing here can unpack, and sizes that no file of this length has."""
    packed: dict[str, bool] = {}
    for syntax, file in {image.syntax: image.path for image in images}.items():
        with guarded(file):
            packed[syntax], known, name = _packing(syntax)
        if not known:
            raise InputError(
                f"{path} is packed as {name}",
                "a syntax that can be read here",
                "pip install 'lumenfield[dicom]', or unpack it first, with `gdcmconv --raw`",
            )
    for image in images:
        shape = (image.n_frames, image.rows, image.columns)
        form: Encoding = "zlib" if packed[image.syntax] else "raw"
        block = Block(image.path, shape, np.dtype(image.dtype), form)
        refuse_overrun(block, image.path.stat().st_size)


def _packing(syntax: str) -> tuple[bool, bool, str]:
    """Tell whether values of a transfer syntax are packed, can be unpacked, and what it is."""
    from pydicom.pixels import get_decoder
    from pydicom.uid import UID

    uid = UID(syntax)
    if not uid.is_transfer_syntax:
        return True, False, "an unknown syntax"
    if not uid.is_encapsulated:
        return uid.is_deflated, True, uid.name
    try:
        return True, get_decoder(uid).is_available, uid.name
    except NotImplementedError:
        return True, False, uid.name


def _load(stack: Stack, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Read every file once; a multi-frame one gives many slices."""
    first = stack.slices[0][0]
    sizes = (first.columns, first.rows, len(stack.slices), len(stack.slices[0]))
    values = np.empty(sizes, dtype, order="F")
    wanted: dict[Path, list[tuple[int, int, Image]]] = {}
    for k, times in enumerate(stack.slices):
        for t, image in enumerate(times):
            wanted.setdefault(image.path, []).append((k, t, image))
    for path, places in wanted.items():
        frames = _pixels(path, places[0][2])
        for k, t, image in places:
            plane = frames[image.frame].T
            if (image.slope, image.intercept) != (1.0, 0.0):
                plane = plane.astype(np.float32) * image.slope + image.intercept
            values[:, :, k, t] = plane
    return values.reshape(shape, order="F")


def _pixels(path: Path, image: Image) -> NDArray[Any]:
    """Read the values of a file, frames × rows × columns."""
    from pydicom import dcmread

    expected = (image.n_frames, image.rows, image.columns)
    with guarded(path):
        found = np.asarray(dcmread(path).pixel_array)
        if found.size != np.prod(expected) or found.dtype.kind not in "iu":
            raise damaged(path, f"its values are {found.dtype.name} of shape {found.shape}")
        return found.reshape(expected)
