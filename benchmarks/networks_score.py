"""A network on one test scan, alone and refined; separate so that rivals are scored alike."""

import time
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lumenfield.datatypes import Prediction, Volume
from lumenfield.evaluation import evaluate_case
from lumenfield.evaluation.level import Level
from lumenfield.evaluation.strata import by_component
from lumenfield.pipeline import Outcome, SegmentOptions, run

__all__ = ["FIGURES", "FOUND", "Labelled", "Row", "rows_of", "score"]

FOUND = 0.5
"""Share of a vessel's voxels that must be taken for lumen, or it counts as missed."""


class Labelled(Protocol):
    """What a scan of a set is called and which stratum it belongs to."""

    @property
    def name(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def size(self) -> str: ...
    @property
    def contrast(self) -> str: ...
    @property
    def inverted(self) -> bool: ...


@dataclass(frozen=True)
class Row:
    """One method on one scan.

    Args:
        method: `network` or `refined`.
        main_recall: share of the largest true vessel that was found.
        false_voxels: size of the largest component that holds no true lumen.
        cpu_s: processor seconds, of the network alone or with what refines it.
    """

    set: str
    name: str
    family: str
    size: str
    contrast: str
    inverted: bool
    method: str
    dice: float
    precision: float | None
    recall: float | None
    cldice: float | None
    bias_voxels: float | None
    rms_voxels: float | None
    betti0_error: float | None
    coverage95: float | None
    main_recall: float
    false_voxels: int
    spread_voxels: float
    cpu_s: float
    warnings: tuple[str, ...] = ()

    @property
    def stratum(self) -> tuple[str, str]:
        """Class of size and of contrast."""
        return self.size, self.contrast


def rows_of(
    set_name: str,
    line: Labelled,
    scan: Volume,
    truth: Volume,
    options: SegmentOptions,
) -> list[Row]:
    """Segment one scan and score what the network said and what was made of it."""
    began = time.process_time()
    outcome = run(scan, options)
    spent = time.process_time() - began
    parts = {"network": (outcome.initial, spent * _share(outcome))}
    if options.refine:
        parts["refined"] = (outcome.prediction, spent)
    return [score(set_name, line, method, p, truth, s) for method, (p, s) in parts.items()]


def score(
    set_name: str,
    line: Labelled,
    method: str,
    found: Prediction,
    truth: Volume,
    cpu_s: float,
) -> Row:
    """Score a prediction against the true distance."""
    scores = evaluate_case(
        line.name,
        found.distance,
        truth,
        spread=found.spread,
        prediction_kind="distance",
        truth_kind="distance",
    ).scores
    figures = {name: scores.figure(name) for name in FIGURES}
    predicted, true = (Level(v.values.astype(np.float32), True) for v in (found.distance, truth))
    parts = by_component(predicted, true)
    wall = np.abs(found.distance.values) < max(truth.spacing)
    voxel = float(np.prod(truth.spacing)) ** (1 / truth.ndim)
    return Row(
        set_name,
        line.name,
        line.family,
        line.size,
        line.contrast,
        line.inverted,
        method,
        **figures,
        main_recall=next((c.recall for c in parts if c.recall is not None), 1.0),
        false_voxels=max((c.voxels for c in parts if c.recall is None), default=0),
        spread_voxels=float(np.median(found.spread.values[wall])) / voxel if wall.any() else 0.0,
        cpu_s=round(cpu_s, 2),
        warnings=found.warnings,
    )


FIGURES = (
    "dice",
    "precision",
    "recall",
    "cldice",
    "bias_voxels",
    "rms_voxels",
    "betti0_error",
    "coverage95",
)


def _share(outcome: Outcome) -> float:
    """Share of the time that went before the refinement."""
    seconds = {stage.name: stage.seconds for stage in outcome.stages}
    whole = sum(seconds.values())
    return 1 - seconds.get("refinement", 0.0) / whole if whole else 1.0
