"""Refinement of a whole scan: the boxes that hold the wall, one after another, and their sum."""

import dataclasses
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import MaternField, Volume
from lumenfield.devices import resolve_device
from lumenfield.errors import InputError
from lumenfield.levelset import redistance
from lumenfield.refinement.boxes import Box, boxes_around, ramp
from lumenfield.refinement.cautions import cautions, signal_to_noise
from lumenfield.refinement.options import RefineOptions
from lumenfield.refinement.posterior import posterior_of, spread_on_wall
from lumenfield.refinement.refine import Estimate, Iteration, refine
from lumenfield.tensors import Tensor

__all__ = ["Refinement", "refined"]

_REACH = 4.0
"""Voxels from the first wall that a box must hold."""

_HALO = 8
_THIN_SPREAD = 0.25


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
) -> Refinement:
    """Find the wall of largest posterior in a scan, and how far off it may be.

    Args:
        scan: magnitude, finite.
        distance: φ̄, mm, on the scan's grid.
        field: what is known of the error of φ̄.
        progress: called with the record of each iteration.

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
    # A grid all of one sign has no wall, though its least distance may be small.
    near = np.abs(distance.values) < _REACH * max(scan.spacing)
    near &= bool((distance.values < 0).any() and (distance.values >= 0).any())
    boxes = boxes_around(near, halo, options.max_box)
    parts: list[_Part] = []
    for box in boxes:
        parts.append(_part(box, scan, distance, field, options, progress))
        if options.point_spread is None:
            # The scanner blurs all boxes alike, and the largest shows it best.
            options = dataclasses.replace(options, point_spread=parts[0].estimate.point_spread)
    return _joined(parts, halo, distance, field, options)


@dataclass(frozen=True, eq=False)
class _Part:
    box: Box
    estimate: Estimate
    records: tuple[Iteration, ...]
    distance: Tensor
    spread: Tensor
    samples: Tensor | None


def _part(
    box: Box,
    scan: Volume,
    distance: Volume,
    field: MaternField,
    options: RefineOptions,
    progress: Callable[[Iteration], None] | None,
) -> _Part:
    device = resolve_device(options.device)
    magnitude, start = (_tensor(v.values[box.slices], device) for v in (scan, distance))
    steps = refine(magnitude, start, scan.spacing, field, options)
    records, estimate = _finished(steps, progress)
    seen = bool(estimate.weight.max() > 0)
    wall = redistance(estimate.field, scan.spacing, band=5.0) if seen else start
    posterior = posterior_of(
        estimate.weight,
        scan.spacing,
        field,
        samples=options.samples,
        generator=torch.Generator().manual_seed(options.seed),
    )
    spread = spread_on_wall(
        posterior.variance, estimate.frame.slope, wall, scan.spacing, field.length_mm
    )
    floor = _THIN_SPREAD * max(scan.spacing)
    spread = torch.where(estimate.thin, spread.clamp(min=floor), spread)
    kept = wall + posterior.samples / estimate.frame.slope if options.keep_samples else None
    return _Part(box, estimate, records, wall, spread, kept)


def _finished(
    steps: Generator[Iteration, None, Estimate], progress: Callable[[Iteration], None] | None
) -> tuple[tuple[Iteration, ...], Estimate]:
    """Run the iterations; return their records and the generator's value."""
    records: list[Iteration] = []
    while True:
        try:
            records.append(next(steps))
        except StopIteration as end:
            return tuple(records), end.value
        if progress is not None:
            progress(records[-1])


def _joined(
    parts: list[_Part], halo: int, distance: Volume, field: MaternField, options: RefineOptions
) -> Refinement:
    """Blend the boxes where they overlap, and into what was given beyond them."""
    given = distance.values.astype(np.float32)
    unknown = np.full(given.shape, field.spread_mm, dtype=np.float32)
    boxes = [part.box for part in parts]
    estimates = [part.estimate for part in parts]
    samples = None
    if options.keep_samples:
        drawn = [
            [p.samples[k] for p in parts if p.samples is not None] for k in range(options.samples)
        ]
        samples = np.stack([_blended(given, boxes, one, halo) for one in drawn])
    return Refinement(
        distance=distance.like(_blended(given, boxes, [p.distance for p in parts], halo)),
        spread=distance.like(_blended(unknown, boxes, [p.spread for p in parts], halo)),
        warnings=cautions(estimates, [p.spread for p in parts], field),
        chi2=_mean([e.evidence.chi2 for e in estimates], boxes),
        signal_to_noise=_mean([signal_to_noise(e) for e in estimates], boxes),
        contrast_to_noise=_mean([e.evidence.contrast_to_noise for e in estimates], boxes),
        point_spread=estimates[0].point_spread if estimates else math.nan,
        records=tuple(record for part in parts for record in part.records),
        samples=samples,
    )


def _blended(
    beyond: NDArray[np.float32], boxes: list[Box], values: list[Tensor], halo: int
) -> NDArray[np.float32]:
    total, weights = np.zeros_like(beyond), np.zeros_like(beyond)
    for box, value in zip(boxes, values, strict=True):
        weight = ramp(box, halo, beyond.shape)
        total[box.slices] += weight * value.reshape(weight.shape).cpu().numpy()
        weights[box.slices] += weight
    held = np.minimum(weights, 1)
    mean = np.divide(total, weights, out=np.zeros_like(total), where=weights > 0)
    return held * mean + (1 - held) * beyond


def _mean(values: list[float], boxes: list[Box]) -> float:
    if not boxes:
        return math.nan
    return float(np.average(values, weights=[box.voxels for box in boxes]))


def _tensor(values: NDArray[np.generic], device: torch.device) -> Tensor:
    return torch.as_tensor(np.array(values, dtype=np.float32), device=device)[None, None]


def _edges(volume: Volume) -> str:
    return "×".join(f"{h:.3g}" for h in volume.spacing)
