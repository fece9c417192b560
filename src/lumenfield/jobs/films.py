"""The films of a finished case; separate because one of them does a part of the work again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import Prediction, Volume
from lumenfield.inference import predict
from lumenfield.networks.models import DEFAULT_MODELS, load_model
from lumenfield.refinement import RefineOptions
from lumenfield.refinement.refine import refine
from lumenfield.report.cuts import place_with_most
from lumenfield.report.films import film_of_slices, film_of_steps, write_film
from lumenfield.report.scene import Scene
from lumenfield.viewer.case import Case

__all__ = ["write_films"]

_EDGE = 64
"""Voxels along each edge of the part that is refined again."""

_MOST_STEPS = 12

Array = NDArray[np.float32]


def write_films(case: Case, scene: Scene, folder: Path, *, has_scan: bool) -> list[Path]:
    """Film the slices and, if the scan itself is there, how the refinement moved the wall.

    The solver keeps no step of its own, so a part of the scan where most of the vessel is seen is
    segmented again, with the networks of the record.

    Raises:
        InputError: a network of the record is not there, or the folder cannot be written to.
    """
    films = {"slices.gif": (list(film_of_slices(scene)), 110)}
    if has_scan and scene.lumen.any():
        films["refinement.gif"] = (list(_refinement(case, scene)), 450)
    written = [folder / name for name, (frames, _) in films.items() if frames]
    for path in written:
        frames, frame_ms = films[path.name]
        write_film(frames, path, frame_ms=frame_ms)
    return written


def _refinement(case: Case, scene: Scene) -> "Iterator[Any]":
    box = _box(scene)
    scan = _part(scene.scan, box)
    names = [str(use["name"]) for use in case.record.get("models", ())]
    networks = [load_model(name) for name in names or [DEFAULT_MODELS[scan.ndim]]]
    found = predict(scan, networks)
    if not found.distance.values.min() < 0 < found.distance.values.max():
        return
    truth = None if scene.truth is None else _part(scene.truth, box)
    yield from film_of_steps(Scene(scan, found, truth), _steps(scan, found))


def _steps(scan: Volume, found: Prediction) -> Iterator[tuple[str, Array]]:
    """Give the wall before and after each step of the solver, begun anew for each."""
    yield "the network's wall", found.distance.values
    magnitude, start = (
        torch.from_numpy(v.values.copy())[None, None] for v in (scan, found.distance)
    )
    for count in range(1, _MOST_STEPS + 1):
        steps = refine(
            magnitude.float(), start, scan.spacing, found.field, RefineOptions(max_iterations=count)
        )
        records = []
        while True:
            try:
                records.append(next(steps))
            except StopIteration as end:
                estimate = end.value
                break
        if len(records) < count:
            return
        moved = records[-1].movement
        yield f"step {count}: moved {moved:.2f} voxels", estimate.field[0, 0].numpy()
        if estimate.converged:
            return


def _box(scene: Scene) -> tuple[slice, ...]:
    """Choose a part around the place with most lumen, as large as is quickly refined."""
    edge = _EDGE if scene.scan.ndim == 3 else 4 * _EDGE
    parts = []
    for size, middle in zip(scene.scan.shape, place_with_most(scene.lumen), strict=True):
        first = min(max(0, middle - edge // 2), max(0, size - edge))
        parts.append(slice(first, min(size, first + edge)))
    return tuple(parts)


def _part(volume: Volume, box: tuple[slice, ...]) -> Volume:
    affine = volume.affine.copy()
    corner = np.array([part.start for part in box])
    affine[:3, 3] += affine[:3, : volume.ndim] @ corner
    return Volume(volume.values[box].copy(), affine)
