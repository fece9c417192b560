"""Refinement of one box of a scan: wall, spread and what to say of it, and nothing larger kept."""

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import MaternField, Volume
from lumenfield.devices import resolve_device
from lumenfield.levelset import redistance
from lumenfield.refinement.boxes import Box
from lumenfield.refinement.calibration import spread_factor
from lumenfield.refinement.doubt import widened
from lumenfield.refinement.drawn import drawn_doubt
from lumenfield.refinement.options import RefineOptions
from lumenfield.refinement.posterior import posterior_of, spread_on_wall
from lumenfield.refinement.refine import Estimate, Iteration, refine
from lumenfield.refinement.summary import Summary, summary_of
from lumenfield.spacing import voxel_mm
from lumenfield.tensors import Tensor

__all__ = ["Part", "refined_part"]


@dataclass(frozen=True, eq=False)
class Part:
    """What is kept of a box: distance, spread and samples (`sample *grid`, mm), and its summary."""

    box: Box
    distance: NDArray[np.float32]
    spread: NDArray[np.float32]
    samples: NDArray[np.float32] | None
    summary: Summary
    records: tuple[Iteration, ...]


def refined_part(
    box: Box,
    scan: Volume,
    distance: Volume,
    field: MaternField,
    options: RefineOptions,
    progress: Callable[[Iteration], None] | None,
    blur: float | None,
    from_network: bool = False,
) -> Part:
    """Refine a box.

    Args:
        blur: excess of the point spread, voxels, where an earlier box found it.
        from_network: as for `refined`.
    """
    device = resolve_device(options.device)
    magnitude, start = (_tensor(v.values[box.slices], device) for v in (scan, distance))
    records, estimate = _finished(refine(magnitude, start, scan.spacing, field, options), progress)
    seen = bool(estimate.view.evidence.weight.max() > 0)
    wall = redistance(estimate.field, scan.spacing, band=5.0) if seen else start
    posterior = posterior_of(
        estimate.view.evidence.weight,
        scan.spacing,
        field,
        samples=options.samples,
        seed=options.seed,
        place=box.start,
    )
    slope = estimate.view.frame.slope
    linear = spread_on_wall(posterior.variance, slope, wall, scan.spacing, field.length_mm)
    summary = summary_of(estimate, linear, field, box.voxels, blur)
    if options.calibrate:
        linear = linear * spread_factor(summary.radius, summary.contrast_to_noise)
    drawn = torch.zeros_like(wall)
    if options.calibrate and from_network:
        drawn = drawn_doubt(wall, scan.spacing, summary.contrast_to_noise)
    known = widened(linear, estimate, scan.spacing, field, summary.blur)
    spread = torch.hypot(known, drawn)
    samples = None
    if options.keep_samples:
        common = (drawn.square() + (summary.common_doubt * voxel_mm(scan.spacing)) ** 2).sqrt()
        samples = _scattered(posterior.samples / slope, wall, linear, spread, common, options.seed)
    return Part(box, _array(wall), _array(spread), samples, summary, records)


def _scattered(
    errors: Tensor, wall: Tensor, linear: Tensor, spread: Tensor, common: Tensor, seed: int
) -> NDArray[np.float32]:
    """Scatter walls as widely as the spread says; the doubt they share moves all of one at once."""
    shared = torch.minimum(common, 0.9 * spread)
    own = (spread.square() - shared.square()).sqrt() / linear.clamp(min=1e-12)
    shifts = np.random.default_rng(seed).standard_normal((len(errors), *[1] * (errors.ndim - 1)))
    walls = wall + own * errors + shared * torch.as_tensor(shifts).to(errors)
    return walls[:, 0].cpu().numpy()


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


def _tensor(values: NDArray[np.generic], device: torch.device) -> Tensor:
    return torch.as_tensor(np.array(values, dtype=np.float32), device=device)[None, None]


def _array(fields: Tensor) -> NDArray[np.float32]:
    return fields[0, 0].cpu().numpy()
