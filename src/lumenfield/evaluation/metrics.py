"""The table of metrics and what each is given; separate from files and volumes, to lift out.

Add a metric: write its function, one line in `METRICS`, one field in `Scores`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lumenfield.evaluation.level import Level
from lumenfield.evaluation.overlap import dice, iou, precision, recall, volume_error
from lumenfield.evaluation.surface import (
    Gaps,
    Surface,
    assd_mm,
    hd95_mm,
    surface_gaps,
    wall_surface,
)
from lumenfield.evaluation.topology import betti0_error, cldice
from lumenfield.evaluation.undefined import Undefined
from lumenfield.evaluation.wall import (
    WallErrors,
    bias_voxels,
    coverage95,
    diagonal_mm,
    p95_voxels,
    rms_voxels,
    wall_errors,
)

__all__ = [
    "METRICS",
    "Metric",
    "Pair",
    "Scores",
    "assd_mm",
    "betti0_error",
    "bias_voxels",
    "cldice",
    "coverage95",
    "dice",
    "hd95_mm",
    "iou",
    "measure",
    "p95_voxels",
    "precision",
    "recall",
    "rms_voxels",
    "volume_error",
]


@dataclass(frozen=True, eq=False)
class Pair:
    """A prediction and a truth on one grid; what metrics share is computed once, when asked for.

    Args:
        predicted, truth: levels of one shape.
        spacing: voxel edges, mm.
        spread: σ_n, mm, on the same grid; None if there is none.
    """

    predicted: Level
    truth: Level
    spacing: tuple[float, ...]
    spread: NDArray[np.float32] | None = None

    @property
    def masks(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Predicted, true."""
        return self.predicted.mask, self.truth.mask

    @cached_property
    def walls(self) -> tuple[Surface, Surface]:
        """Predicted, true.

        Raises:
            Undefined: neither has a wall, and both are empty or both fill the grid.
        """
        predicted = wall_surface(self.predicted.values, self.spacing)
        truth = wall_surface(self.truth.values, self.spacing)
        alike = self.predicted.mask.flat[0] == self.truth.mask.flat[0]
        if alike and not len(predicted.faces) and not len(truth.faces):
            raise Undefined("neither the prediction nor the truth has a wall")
        return predicted, truth

    @cached_property
    def gaps(self) -> Gaps:
        """Unsigned distances between the walls, both ways."""
        worst = diagonal_mm(self.truth.values.shape, self.spacing)
        return surface_gaps(*self.walls, worst_mm=worst)

    @cached_property
    def errors(self) -> WallErrors:
        """Signed errors of the predicted wall."""
        return wall_errors(self.predicted, self.truth, self.walls, self.gaps, self.spacing)


Metric = Callable[[Pair], float]

METRICS: dict[str, Metric] = {
    "iou": lambda pair: iou(*pair.masks),
    "dice": lambda pair: dice(*pair.masks),
    "precision": lambda pair: precision(*pair.masks),
    "recall": lambda pair: recall(*pair.masks),
    "assd_mm": lambda pair: assd_mm(pair.gaps),
    "hd95_mm": lambda pair: hd95_mm(pair.gaps),
    "bias_voxels": lambda pair: bias_voxels(pair.errors),
    "rms_voxels": lambda pair: rms_voxels(pair.errors),
    "p95_voxels": lambda pair: p95_voxels(pair.errors),
    "cldice": lambda pair: cldice(*pair.masks),
    "betti0_error": lambda pair: betti0_error(*pair.masks),
    "volume_error": lambda pair: volume_error(*pair.masks),
    "coverage95": lambda pair: coverage95(pair.errors, pair.spread, pair.spacing),
}
"""Name → a figure of a pair; a metric without a value raises `Undefined`."""


@dataclass(frozen=True)
class Scores:
    """One figure a metric; None where it is undefined, with the reason.

    Args:
        reasons: metric → why it is None, or how many cases a mean leaves out.
    """

    iou: float | None
    dice: float | None
    precision: float | None
    recall: float | None
    assd_mm: float | None
    hd95_mm: float | None
    bias_voxels: float | None
    rms_voxels: float | None
    p95_voxels: float | None
    cldice: float | None
    betti0_error: float | None
    volume_error: float | None
    coverage95: float | None
    reasons: Mapping[str, str] = field(default_factory=dict)

    def figure(self, metric: str) -> float | None:
        """Look a figure up by its name in `METRICS`."""
        value: float | None = getattr(self, metric)
        return value


def measure(pair: Pair) -> Scores:
    """Compute every metric in the table."""
    figures: dict[str, float | None] = {}
    reasons: dict[str, str] = {}
    for name, metric in METRICS.items():
        try:
            # Plain numbers: a metric may give one of numpy, which no file can hold.
            figures[name] = float(metric(pair))
        except Undefined as why:
            figures[name] = None
            reasons[name] = str(why)
    return Scores(**figures, reasons=reasons)
