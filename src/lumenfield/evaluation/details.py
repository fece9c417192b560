"""What stands behind the scores of a case; separate because most readers want the scores alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from lumenfield.evaluation.axis import vessel_axis
from lumenfield.evaluation.intervals import Intervals, intervals
from lumenfield.evaluation.metrics import Pair
from lumenfield.evaluation.strata import Component, Stratum, by_component, by_radius
from lumenfield.evaluation.surface import surface_dice, weighted_percentile
from lumenfield.evaluation.topology import betti1_error
from lumenfield.evaluation.undefined import Undefined
from lumenfield.spacing import voxel_mm

__all__ = ["MORE_METRICS", "Details", "measure_details"]


@dataclass(frozen=True)
class Details:
    """All that is known of one case beside its scores.

    Args:
        figures: one a name in `MORE_METRICS`; None where it is undefined.
        radii: wall errors by radius of the true vessel.
        components: of the true lumen, then the false ones.
        intervals: how the error bar fared; None without one.
        reasons: figure → why it is None.
    """

    figures: Mapping[str, float | None]
    radii: tuple[Stratum, ...]
    components: tuple[Component, ...]
    intervals: Intervals | None
    reasons: Mapping[str, str] = field(default_factory=dict)


def measure_details(pair: Pair) -> Details:
    """Compute every figure of the table, the classes of radius, the components, the intervals."""
    figures: dict[str, float | None] = {}
    reasons: dict[str, str] = {}
    for name, metric in MORE_METRICS.items():
        try:
            figures[name] = metric(pair)
        except Undefined as why:
            figures[name], reasons[name] = None, str(why)
    try:
        radii = by_radius(pair.errors, pair.truth, pair.spread, pair.spacing)
    except Undefined:
        radii = ()
    try:
        held = intervals(pair.errors, pair.spread, pair.spacing)
    except Undefined as why:
        held, reasons["intervals"] = None, str(why)
    return Details(figures, radii, by_component(pair.predicted, pair.truth), held, reasons)


def _edge(pair: Pair) -> float:
    return voxel_mm(pair.spacing)


def _percentile(pair: Pair, percent: float) -> float:
    wall = pair.errors
    return weighted_percentile(np.abs(wall.errors), wall.weights, percent)


def _bias_mm(pair: Pair) -> float:
    wall = pair.errors
    return float(np.average(wall.errors, weights=wall.weights)) * _edge(pair)


def _rms_mm(pair: Pair) -> float:
    wall = pair.errors
    return float(np.sqrt(np.average(wall.errors**2, weights=wall.weights))) * _edge(pair)


def _area_error(pair: Pair) -> float:
    """(A_P − A_T) / A_T of the walls inside the grid."""
    predicted, truth = (float(wall.weights.sum()) for wall in pair.walls)
    if truth == 0:
        raise Undefined("the truth has no wall: a relative error needs its area")
    return (predicted - truth) / truth


def _diameter_error_voxels(pair: Pair) -> float:
    """Average inscribed diameter, predicted minus true, along the true axis; missed axis is −2R."""
    if not pair.truth.mask.any() or pair.truth.mask.all():
        raise Undefined("the truth has no vessel: no diameter to compare")
    axis = vessel_axis(pair.truth, pair.spacing)
    if not pair.predicted.mask.any():
        return float(-2 * axis.radii.mean()) / _edge(pair)
    found = vessel_axis(pair.predicted, pair.spacing)
    radii = found.radii[found.nearest(axis.points)]
    radii = np.where(pair.predicted.mask[tuple(axis.voxels.T)], radii, 0.0)
    return float(2 * (radii - axis.radii).mean()) / _edge(pair)


MORE_METRICS: dict[str, Callable[[Pair], float]] = {
    "surface_dice": lambda pair: surface_dice(pair.gaps, tolerance_mm=_edge(pair)),
    "bias_mm": _bias_mm,
    "rms_mm": _rms_mm,
    "p50_voxels": lambda pair: _percentile(pair, 50.0),
    "p95_mm": lambda pair: _percentile(pair, 95.0) * _edge(pair),
    "p99_voxels": lambda pair: _percentile(pair, 99.0),
    "diameter_error_voxels": _diameter_error_voxels,
    "area_error": _area_error,
    "betti1_error": lambda pair: betti1_error(*pair.masks),
}
"""Name → a figure of a pair beside those of `METRICS`; one without a value raises `Undefined`."""
