"""Refinement of a whole scan: the boxes that hold the wall, one after another, and their sum."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import MaternField, Volume
from lumenfield.errors import InputError
from lumenfield.refinement.boxes import boxes_around, ramp
from lumenfield.refinement.canvas import add, blended
from lumenfield.refinement.cautions import cautions
from lumenfield.refinement.options import RefineOptions
from lumenfield.refinement.part import Part, refined_part
from lumenfield.refinement.refine import Iteration
from lumenfield.refinement.summary import Summary

__all__ = ["Refinement", "refined"]

_REACH = 4.0
"""Voxels from the first wall that a box must hold."""

_HALO = 8


@dataclass(frozen=True, eq=False)
class Refinement:
    """The refined wall of a scan.

    Args:
        distance: float32 mm; beyond ten voxels from the wall it is the one given.
        spread: float32 mm, σ_n on the wall, extended along normals.
        warnings: what a reader must know before trusting it, one line each.
        chi2: misfit per voxel of the edge; 1 is perfect, `nan` where nothing was seen.
        signal_to_noise: lumen mean over the noise in the lumen.
        contrast_to_noise: contrast over the noise at the edge.
        point_spread: voxels.
        records: of every iteration, box after box.
        samples: (n, *grid) float32 mm, of the distance, if they were asked for.
    """

    distance: Volume
    spread: Volume
    warnings: tuple[str, ...]
    chi2: float
    signal_to_noise: float
    contrast_to_noise: float
    point_spread: float
    records: tuple[Iteration, ...]
    samples: NDArray[np.float32] | None = None


def refined(
    scan: Volume,
    distance: Volume,
    field: MaternField,
    options: RefineOptions = RefineOptions(),  # noqa: B008
    progress: Callable[[Iteration], None] | None = None,
    *,
    from_network: bool = False,
) -> Refinement:
    """Find the wall of largest posterior in a scan, and how far off it may be.

    Args:
        scan: magnitude, finite.
        distance: φ̄, mm, on the scan's grid.
        field: what is known of the error of φ̄.
        progress: called with the record of each iteration.
        from_network: the distance is what a network found in this very scan; then walls of thin
            vessels are off by what `drawn.toml` says besides, unless `calibrate` is off.

    Raises:
        InputError: the two volumes are not on one grid.
    """
    if not scan.same_grid(distance):
        raise InputError(
            f"distance is {distance.shape} voxels of {_edges(distance)} mm",
            f"the scan is {scan.shape} voxels of {_edges(scan)} mm, at the same place",
            "resample the distance to the scan's grid",
        )
    halo = max(_HALO, math.ceil(2 * field.length_mm / min(scan.spacing)))
    canvas = _Canvas.empty(distance, options)
    summaries: list[Summary] = []
    records: list[Iteration] = []
    blur = 0.0 if options.point_spread is not None else None
    for box in boxes_around(_near(distance), halo, options.max_box):
        part = refined_part(
            box, scan, distance, field, options, progress, blur, from_network=from_network
        )
        canvas.add(part, halo)
        summaries.append(part.summary)
        records += part.records
        if options.point_spread is None:
            # The scanner blurs all boxes alike, and the largest shows it best.
            blur = part.summary.blur
            options = dataclasses.replace(options, point_spread=part.summary.point_spread)
    return Refinement(
        distance=distance.like(canvas.distances(distance)),
        spread=distance.like(canvas.spreads(field.spread_mm)),
        warnings=cautions(summaries, scan.ndim),
        chi2=_mean(summaries, [s.chi2 for s in summaries]),
        signal_to_noise=_mean(summaries, [s.signal_to_noise for s in summaries]),
        contrast_to_noise=_mean(summaries, [s.contrast_to_noise for s in summaries]),
        point_spread=summaries[0].point_spread if summaries else math.nan,
        records=tuple(records),
        samples=canvas.walls(distance),
    )


def _near(distance: Volume) -> NDArray[np.bool_]:
    """Mark the voxels beside the wall; a grid all of one sign has none, near zero or not."""
    values, reach = distance.values, _REACH * max(distance.spacing)
    if not (values.min() < 0 <= values.max()):
        return np.zeros(values.shape, dtype=bool)
    return (values < reach) & (values > -reach)


@dataclass(frozen=True, eq=False)
class _Canvas:
    """The grids that the boxes are added to, and the weights they were added with."""

    distance: NDArray[np.float32]
    spread: NDArray[np.float32]
    samples: NDArray[np.float32] | None
    weights: NDArray[np.float32]

    @staticmethod
    def empty(like: Volume, options: RefineOptions) -> "_Canvas":
        def grid(*n: int) -> NDArray[np.float32]:
            return np.zeros((*n, *like.shape), dtype=np.float32)

        samples = grid(options.samples) if options.keep_samples else None
        return _Canvas(grid(), grid(), samples, grid())

    def add(self, part: Part, halo: int) -> None:
        weight = ramp(part.box, halo, self.weights.shape)
        self.weights[part.box.slices] += weight
        add(self.distance, part.box, weight, part.distance)
        add(self.spread, part.box, weight, part.spread)
        if self.samples is not None and part.samples is not None:
            for total, values in zip(self.samples, part.samples, strict=True):
                add(total, part.box, weight, values)

    def distances(self, given: Volume) -> NDArray[np.float32]:
        return blended(self.distance, self.weights, given.values)

    def spreads(self, unknown: float) -> NDArray[np.float32]:
        return blended(self.spread, self.weights, unknown)

    def walls(self, given: Volume) -> NDArray[np.float32] | None:
        if self.samples is None:
            return None
        for total in self.samples:
            blended(total, self.weights, given.values)
        return self.samples


def _mean(boxes: list[Summary], values: list[float]) -> float:
    if not boxes:
        return math.nan
    return float(np.average(values, weights=[box.voxels for box in boxes]))


def _edges(volume: Volume) -> str:
    return "×".join(f"{h:.3g}" for h in volume.spacing)
