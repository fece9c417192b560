"""Scan in, refined distance with its error bar out; the stages in order, and nothing else."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import MaternField, Prediction, Volume
from lumenfield.errors import InputError
from lumenfield.evaluation import level_of
from lumenfield.inference import (
    Doubt,
    PredictOptions,
    caution_of_size,
    check_scan,
    doubt_of,
    doubted,
    predict,
    turn_upright,
)
from lumenfield.levelset import redistance
from lumenfield.networks import weights_hash
from lumenfield.networks.models import DEFAULT_MODELS, load_model
from lumenfield.refinement import Refinement, RefineOptions, refined
from lumenfield.spacing import voxel_mm

__all__ = ["ModelUse", "Outcome", "SegmentOptions", "Stage", "refine_from", "run", "segment"]

Report = Callable[[str, int, int], None]
"""(stage, done, total), called as work goes on."""


def _silent(stage: str, done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class SegmentOptions:
    """How to segment.

    Args:
        models: names, files or run folders; several make an ensemble. By default the shipped
            network of the scan's dimension.
        refine: whether the iterative solver moves the networks' wall.
    """

    models: tuple[str, ...] = ()
    refine: bool = True
    predict: PredictOptions = field(default_factory=PredictOptions)
    refinement: RefineOptions = field(default_factory=RefineOptions)


@dataclass(frozen=True)
class Stage:
    """Wall-clock seconds of one stage."""

    name: str
    seconds: float


@dataclass(frozen=True)
class ModelUse:
    """Which network was used; its hash is over its weights."""

    name: str
    sha256: str


@dataclass(frozen=True, eq=False)
class Outcome:
    """A segmentation with how it came about.

    Args:
        initial: before refinement; the same as `prediction` without it.
        refinement: the solver's own account; none without it.
    """

    scan: Volume
    prediction: Prediction
    initial: Prediction
    refinement: Refinement | None
    models: tuple[ModelUse, ...]
    stages: tuple[Stage, ...]


def segment(scan: Volume, options: SegmentOptions | None = None) -> Prediction:
    """Find the vessels of a scan, refined, on the scan's own grid.

    Raises:
        InputError: the scan cannot be segmented, or there is no such network.
    """
    return run(scan, options).prediction


def run(scan: Volume, options: SegmentOptions | None = None, report: Report = _silent) -> Outcome:
    """Segment a scan and keep the account of it.

    Raises:
        InputError: as `segment`.
    """
    options = options or SegmentOptions()
    check_scan(scan)
    clock = _Clock()
    names = options.models or (DEFAULT_MODELS[scan.ndim],)
    checkpoints = [load_model(name) for name in names]
    uses = tuple(
        ModelUse(name, weights_hash(c.network)) for name, c in zip(names, checkpoints, strict=True)
    )
    clock.lap("load")
    initial = predict(
        scan, checkpoints, options.predict, lambda done, total: report("network", done, total)
    )
    doubt = doubt_of(initial, checkpoints)
    initial = doubted(initial, doubt)
    clock.lap("network")
    prediction, refinement = initial, None
    if options.refine and initial.distance.values.min() < 0:
        prediction, refinement = _refined(scan, initial, options.refinement, report, doubt)
        clock.lap("refinement")
    return Outcome(scan, prediction, initial, refinement, uses, tuple(clock.stages))


def refine_from(
    scan: Volume,
    start: Volume,
    field: MaternField | None = None,
    options: RefineOptions | None = None,
    report: Report = _silent,
) -> Outcome:
    """Refine anyone's segmentation: a mask, a probability or a signed distance.

    Args:
        start: on the scan's grid. Two values are a mask, negative values make it a distance in
            mm, else it is a probability whose ½-level is the wall.
        field: how wrong it may be; by default σ_φ of 0.5 voxel with ℓ of 4 voxels.

    Raises:
        InputError: another grid, a start without a wall, or a scan that cannot be read.
    """
    check_scan(scan)
    _check_start(scan, start)
    clock = _Clock()
    distance = _distance_of(start)
    voxel = voxel_mm(scan.spacing)
    field = field or MaternField(0.5 * voxel, 4.0 * voxel)
    spread = scan.like(np.full(scan.shape, field.spread_mm, np.float32))
    caution = caution_of_size(distance)
    cautions = (f"the segmentation given: {caution}",) if caution else ()
    initial = Prediction(_probability(distance, spread), distance, spread, field, cautions)
    clock.lap("distance")
    prediction, refinement = _refined(scan, initial, options or RefineOptions(), report)
    clock.lap("refinement")
    return Outcome(scan, prediction, initial, refinement, (), tuple(clock.stages))


def _refined(
    scan: Volume,
    initial: Prediction,
    options: RefineOptions,
    report: Report,
    doubt: Doubt | None = None,
) -> tuple[Prediction, Refinement]:
    """Refine; `doubt` is that of the networks that made the start, none if it is another's."""
    # Upright, as the networks saw it: the answer does not depend on how the scan is stored.
    turn = turn_upright(scan)
    turned = refined(
        turn(scan),
        turn(initial.distance),
        initial.field,
        options,
        progress=lambda it: report("refinement", it.number + 1, options.max_iterations),
        from_network=doubt is not None,
    )
    done = replace(
        turned,
        distance=turn.back(turned.distance, scan),
        spread=turn.back(turned.spread, scan),
        samples=None if turned.samples is None else turn.stack_back(turned.samples),
    )
    # It converges before the last iteration allowed.
    report("refinement", options.max_iterations, options.max_iterations)
    prediction = doubted(
        Prediction(
            initial.probability,
            done.distance,
            done.spread,
            initial.field,
            (*initial.warnings, *done.warnings),
        ),
        doubt or Doubt(),
    )
    sure = _probability(prediction.distance, prediction.spread)
    return replace(prediction, probability=sure), done


def _probability(distance: Volume, spread: Volume) -> Volume:
    """P(φ < 0) = Φ(−φ/σ) of a Gaussian distance."""
    from scipy.special import ndtr

    sigma = np.maximum(spread.values, 1e-6)
    return distance.like(ndtr(-distance.values / sigma).astype(np.float32))


def _distance_of(start: Volume) -> Volume:
    """Signed distance of any kind of segmentation."""
    level = level_of(start.values, what="segmentation")
    if not level.mask.any() or level.mask.all():
        raise InputError(
            f"segmentation is all {'inside' if level.mask.any() else 'outside'}",
            "there must be a wall to refine",
            "check that it is the lumen, on this scan",
        )
    is_mask = not level.is_distance and len(np.unique(start.values)) == 2
    phi = _smoothed(level.mask) if is_mask else level.values
    moved = redistance(torch.from_numpy(phi)[None, None], start.spacing)
    return start.like(moved[0, 0].numpy())


def _smoothed(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """½ minus a mask blurred by 1.2 voxels: its staircase becomes a smooth wall."""
    from scipy.ndimage import gaussian_filter

    blurred = gaussian_filter(mask.astype(np.float32), 1.2)
    # A lumen a voxel wide would blur away; every voxel keeps its side.
    outside = np.maximum(0.5 - blurred, 0.02)
    return np.where(mask, np.minimum(0.5 - blurred, -0.02), outside).astype(np.float32)


def _check_start(scan: Volume, start: Volume) -> None:
    if not scan.same_grid(start):
        raise InputError(
            f"segmentation is {start.shape} of {_mm(start)}, scan {scan.shape} of {_mm(scan)}",
            "both must be on one grid",
            "resample the segmentation to the scan",
        )


def _mm(volume: Volume) -> str:
    return "×".join(f"{s:.3g}" for s in volume.spacing) + " mm"


class _Clock:
    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.stages.append(Stage(name, round(now - self._last, 3)))
        self._last = now
