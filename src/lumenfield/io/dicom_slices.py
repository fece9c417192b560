"""From images that each say where they lie to one regular grid; separate as it is geometry alone.

Slices are sorted along their common normal, never by a coordinate or a file's name.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError
from lumenfield.io.dicom_images import Image
from lumenfield.io.placement import LPS_TO_RAS, Placement

__all__ = ["Stack", "sort_slices"]

_SAME_DIRECTION = 1e-3
_SAME_PLACE_MM = 1e-2
_UNEVEN = 0.05  # of a step
_DRIFT = 0.1  # of a pixel, from the first slice to the last

_SEPARATE = "choose another series, or make it regular with your scanner's software"


@dataclass(frozen=True, eq=False)
class Stack:
    """Images in order: `slices[k][t]` is slice k at time t.

    The first axis runs along a row of the image, the second along a column, the third along the
    normal, which is the cross product of the two.
    """

    slices: tuple[tuple[Image, ...], ...]
    placement: Placement


def sort_slices(path: Path, images: Sequence[Image]) -> Stack:
    """Sort the images of one series into slices and times.

    Raises:
        InputError: sizes, orientations or spacings differ; a gantry tilt; slices that are missing,
            unevenly spaced, or twice in one place with nothing to tell them apart in time.
    """
    _refuse_mixed(path, images)
    first = images[0]
    if any(image.position is None or image.orientation is None for image in images):
        ordered = sorted(images, key=lambda image: (image.instance, image.frame))
        return Stack(tuple((image,) for image in ordered), _in_plane(first))
    normal = _normal(first)
    depths = np.array([np.dot(normal, image.position or ()) for image in images])
    places = _grouped(depths)
    slices = _in_time(path, [[images[i] for i in group] for group in places])
    origins = np.array([group[0].position for group in slices], dtype=np.float64)
    step = _step(path, origins, normal, first)
    directions = np.column_stack([*_axes(first), step])
    rows, columns = first.spacing or (1.0, 1.0)
    placement = Placement.of(
        LPS_TO_RAS @ directions,
        [columns, rows, 1.0],
        LPS_TO_RAS @ origins[0],
        known=first.spacing is not None,
    )
    return Stack(slices, placement)


def _axes(image: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    along = np.array(image.orientation, dtype=np.float64)
    return along[:3], along[3:]


def _normal(image: Image) -> NDArray[np.float64]:
    normal = np.cross(*_axes(image))
    length = float(np.linalg.norm(normal))
    return normal / length if length > 0 else normal


def _in_plane(image: Image) -> Placement:
    """Place images that do not say where they lie."""
    if image.spacing is None:
        return Placement.unknown()
    rows, columns = image.spacing
    sizes = [columns, rows, image.thickness or 1.0]
    return Placement.of(np.eye(3), sizes, np.zeros(3), known=image.thickness is not None)


def _refuse_mixed(path: Path, images: Sequence[Image]) -> None:
    first = images[0]
    sizes = sorted({f"{image.rows}×{image.columns}" for image in images})
    if len(sizes) > 1:
        raise _refused(path, f"images of {len(sizes)} sizes ({', '.join(sizes[:4])})", "one size")
    turned = [i for i in images if not _close(i.orientation, first.orientation)]
    if turned:
        told = f"{len(turned)} of {len(images)} images turned against the first"
        raise _refused(path, told, "slices of one orientation")
    if any(not _close(image.spacing, first.spacing) for image in images):
        raise _refused(path, "images of different pixel sizes", "one pixel size")
    colour = next((image.colour for image in images if image.colour), "")
    if colour:
        raise InputError(
            f"{path} is in colour ({colour})", "one number a pixel is needed", "save it in grey"
        )


def _close(one: tuple[float, ...] | None, other: tuple[float, ...] | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.allclose(one, other, rtol=0, atol=_SAME_DIRECTION))


def _grouped(depths: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Gather images at the same depth, in the order of depth."""
    order = np.argsort(depths, kind="stable")
    breaks = np.flatnonzero(np.diff(depths[order]) > _SAME_PLACE_MM) + 1
    return np.split(order, breaks)


def _in_time(path: Path, places: Sequence[Sequence[Image]]) -> tuple[tuple[Image, ...], ...]:
    """Sort the images of each place by the first clock that tells them all apart."""
    counts = {len(group) for group in places}
    if counts == {1}:
        return tuple(tuple(group) for group in places)
    if len(counts) > 1:
        told = f"{len(places)} slices with {min(counts)} to {max(counts)} images each"
        raise _refused(path, told, "as many at every place")
    for clock in range(len(places[0][0].times)):
        readings = [[image.times[clock] for image in group] for group in places]
        if all(None not in group and len(set(group)) == len(group) for group in readings):
            return tuple(
                tuple(sorted(group, key=lambda image: image.times[clock] or 0.0))
                for group in places
            )
    told = f"{counts.pop()} images at every place and no time to tell them apart"
    raise _refused(path, told, "one image a place, or a series in time")


def _step(
    path: Path, origins: NDArray[np.float64], normal: NDArray[np.float64], first: Image
) -> NDArray[np.float64]:
    """Find the way from slice to slice."""
    if len(origins) == 1:
        return normal * (first.thickness or 1.0)
    steps = np.diff(origins @ normal)
    usual = float(np.median(steps))
    uneven = np.flatnonzero(np.abs(steps - usual) > _UNEVEN * usual)
    if len(uneven):
        raise _refused(path, _gap(steps, usual, int(uneven[0])), "slices at equal distances")
    way = origins[-1] - origins[0]
    depth = float(way @ normal)
    drift = float(np.linalg.norm(way - depth * normal))
    if drift > _DRIFT * min(first.spacing or (1.0,)):
        tilt = math.degrees(math.atan2(drift, depth))
        raise _refused(path, f"slices shifted in plane (a tilt of {tilt:.1f}°)", "no gantry tilt")
    return np.asarray(way / (len(origins) - 1))


def _gap(steps: NDArray[np.float64], usual: float, at: int) -> str:
    n_missing = steps[at] / usual - 1
    if n_missing > 0.5 and abs(n_missing - round(n_missing)) < 2 * _UNEVEN * (n_missing + 1):
        n_missing = round(n_missing)
        slices = "1 slice" if n_missing == 1 else f"{n_missing} slices"
        return f"{slices} missing after slice {at + 1} of {len(steps) + 1}"
    return f"a step of {steps[at]:.4g} mm after slice {at + 1}, and {usual:.4g} mm elsewhere"


def _refused(path: Path, came: str, needed: str) -> InputError:
    return InputError(f"{path} has {came}", f"a scan has {needed}", _SEPARATE)
