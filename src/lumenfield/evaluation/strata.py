"""Wall errors by size of the vessel, and by component; separate because a mean hides thin ones."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.evaluation.axis import vessel_axis
from lumenfield.evaluation.level import Level
from lumenfield.evaluation.surface import weighted_percentile
from lumenfield.evaluation.wall import WallErrors, interpolate
from lumenfield.spacing import voxel_mm

__all__ = ["RADII", "Component", "Stratum", "by_component", "by_radius"]

RADII = (1.5, 3.0, 6.0, 12.0)
"""Borders between the classes of radius, voxels."""


@dataclass(frozen=True)
class Stratum:
    """The wall errors of one class.

    Args:
        name: such as `R 1.5–3`.
        area: its share of the wall.
        coverage95: None without a spread.
    """

    name: str
    area: float
    bias_voxels: float
    rms_voxels: float
    p95_voxels: float
    coverage95: float | None


@dataclass(frozen=True)
class Component:
    """One connected part of the true lumen, or of the prediction where nothing is true.

    Args:
        voxels: its size. recall: the part of it that was predicted; None for a false component.
    """

    voxels: int
    recall: float | None


def by_radius(
    wall: WallErrors,
    truth: Level,
    spread: NDArray[np.float32] | None,
    spacing: tuple[float, ...],
) -> tuple[Stratum, ...]:
    """Split wall errors by the true vessel's inscribed radius there; empty classes are left out."""
    if not truth.mask.any() or truth.mask.all() or not len(wall.errors):
        return ()
    axis, edge = vessel_axis(truth, spacing), voxel_mm(spacing)
    radius = axis.radii[axis.nearest(wall.points)] / edge
    borders = (0.0, *RADII, np.inf)
    names = [f"R < {RADII[0]:g}"]
    names += [f"R {low:g}–{high:g}" for low, high in itertools.pairwise(RADII)]
    names += [f"R ≥ {RADII[-1]:g}"]
    held = None
    if spread is not None:
        allowed = 1.96 * interpolate(spread, wall.points, spacing) / edge
        held = (np.abs(wall.errors) <= allowed) & ~wall.missed
    rows = []
    for name, (low, high) in zip(names, itertools.pairwise(borders), strict=True):
        inside = (radius >= low) & (radius < high)
        if inside.any():
            rows.append(_stratum(name, wall, inside, held))
    return tuple(rows)


def by_component(predicted: Level, truth: Level) -> tuple[Component, ...]:
    """List the true components, largest first, then the false ones, largest first.

    Voxels that share a corner are connected. A predicted component is false if none of it is true.
    """
    return (*_true_components(predicted, truth), *_false_components(predicted, truth))


def _stratum(
    name: str, wall: WallErrors, inside: NDArray[np.bool_], held: NDArray[np.bool_] | None
) -> Stratum:
    errors, weights = wall.errors[inside], wall.weights[inside]
    return Stratum(
        name,
        area=float(weights.sum() / wall.weights.sum()),
        bias_voxels=float(np.average(errors, weights=weights)),
        rms_voxels=float(np.sqrt(np.average(errors**2, weights=weights))),
        p95_voxels=weighted_percentile(np.abs(errors), weights, 95.0),
        coverage95=None if held is None else float(np.average(held[inside], weights=weights)),
    )


def _true_components(predicted: Level, truth: Level) -> list[Component]:
    labels, sizes = _labelled(truth.mask)
    shared = np.bincount(labels[predicted.mask], minlength=len(sizes))
    order = 1 + np.argsort(-sizes[1:], kind="stable")
    return [Component(int(sizes[k]), float(shared[k] / sizes[k])) for k in order]


def _false_components(predicted: Level, truth: Level) -> Iterator[Component]:
    labels, sizes = _labelled(predicted.mask)
    true = np.bincount(labels[truth.mask], minlength=len(sizes)) > 0
    true[0] = True
    yield from (Component(int(n), None) for n in -np.sort(-sizes[~true]))


def _labelled(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    from scipy import ndimage

    labels, count = ndimage.label(mask, structure=np.ones((3,) * mask.ndim))
    return labels, np.bincount(labels.ravel(), minlength=count + 1)
