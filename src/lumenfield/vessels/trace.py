"""From a distance with its error to the measured branches of its lumen."""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import MaternField, Volume
from lumenfield.spacing import voxel_mm
from lumenfield.vessels.branch import Branch, Vessels
from lumenfield.vessels.centreline import Centreline
from lumenfield.vessels.ends import Line, at_border, cut_lines, junctions_of
from lumenfield.vessels.errors import errors_from_samples, errors_from_spread
from lumenfield.vessels.field import LumenField, lumen_field
from lumenfield.vessels.graph import Points, skeleton_paths
from lumenfield.vessels.measures import BLOOD_VISCOSITY, CERTAIN, measured, reference_radius
from lumenfield.vessels.prune import pruned
from lumenfield.vessels.sections import Sections

__all__ = ["trace_vessels"]

_RESOLVED = 1.5
"""Voxels; what is narrower has no section that can be measured."""


def trace_vessels(
    distance: Volume,
    spread: Volume,
    field: MaternField,
    *,
    samples: NDArray[np.float32] | None = None,
    viscosity: float = BLOOD_VISCOSITY,
) -> Vessels:
    """Find every branch of the lumen and measure it.

    Args:
        distance: φ, mm. spread: σ_n, mm, on the same grid.
        field: whose ℓ says how far along the wall errors agree, where there are no samples.
        samples: (n, *grid) posterior samples of φ, mm; the intervals are then theirs.
        viscosity: μ, Pa·s.

    Returns:
        No branches where the lumen is empty, fills the grid, or is nowhere longer than wide.
    """
    inside = distance.values < 0
    if not inside.any() or inside.all():
        return Vessels((), np.zeros((0, 3)), viscosity, ("there is no wall",))
    lumen = lumen_field(distance)
    voxel = voxel_mm(distance.spacing)
    paths, nodes = pruned(
        *skeleton_paths(distance),
        lambda points: -lumen.at(points, order=1),
        functools.partial(at_border, lumen),
        voxel,
    )
    lines = cut_lines(lumen, paths, nodes, voxel)
    known = _Known(distance, spread, field, samples, viscosity)
    branches = [
        _branch(lumen, line, line.centre, known) for line in lines if line.centre is not None
    ]
    branches.sort(key=lambda branch: -branch.measures.length_mm)
    junctions = lumen.world(nodes[junctions_of(paths)])
    notes = (*_too_short(lines), *_too_narrow(branches, voxel))
    return Vessels(tuple(branches), junctions, viscosity, notes)


def _too_short(lines: list[Line]) -> tuple[str, ...]:
    short = sum(line.centre is None for line in lines)
    if short:
        return (f"{short} of {len(lines)} branches are too short to measure",)
    return () if lines else ("the lumen is nowhere longer than wide",)


def _too_narrow(branches: list[Branch], voxel: float) -> Iterator[str]:
    for number, branch in enumerate(branches):
        least = branch.measures.min_diameter_mm.value
        if least < _RESOLVED * voxel:
            yield (
                f"branch {number}: its least diameter of {least:.2f} mm is "
                f"{least / voxel:.1f} voxels, below what the voxels resolve"
            )
        if math.isinf(branch.measures.resistance.high):
            yield (
                f"branch {number}: a radius is not told from zero, "
                "so its resistance has no upper bound"
            )


@dataclass(frozen=True, eq=False)
class _Known:
    """What is known of the wall, and of the blood."""

    distance: Volume
    spread: Volume
    field: MaternField
    samples: NDArray[np.float32] | None
    viscosity: float


def _branch(lumen: LumenField, line: Line, centre: Centreline, known: _Known) -> Branch:
    sections = centre.sections
    radius = sections.radius
    errors = _errors(lumen, sections, known)
    sd = np.sqrt((errors**2).sum(1))
    arc, ring = centre.arc, radius
    if centre.closed:
        arc = np.r_[arc, arc[-1] + np.linalg.norm(centre.points[-1] - centre.points[0])]
        ring, errors = np.r_[radius, radius[0]], np.concatenate([errors, errors[:1]])
    chord = None if centre.closed else float(np.linalg.norm(centre.points[-1] - centre.points[0]))
    joins = (line.start.kind == "junction", line.end.kind == "junction")
    measures = measured(arc, ring, errors, chord, lumen.ndim, known.viscosity, joins=joins)
    return Branch(
        points_mm=lumen.world(centre.points),
        arc_mm=centre.arc,
        radius_mm=radius,
        radius_low_mm=np.maximum(radius - CERTAIN * sd, 0),
        radius_high_mm=radius + CERTAIN * sd,
        least_mm=sections.rays.min(1),
        reference_mm=reference_radius(centre.arc, radius[None])[0],
        area_mm2=sections.area if lumen.ndim == 3 else None,
        start=line.start,
        end=line.end,
        measures=measures,
    )


def _errors(lumen: LumenField, sections: Sections, known: _Known) -> NDArray[np.float64]:
    walls = sections.walls
    if known.samples is None:
        spread = _read(known.spread.values, walls, lumen)
        return errors_from_spread(sections, spread, known.field)
    base = known.distance.values
    moved = np.stack([_read(sample - base, walls, lumen) for sample in known.samples])
    return errors_from_samples(sections, moved)


def _read(values: NDArray[np.floating], points: Points, lumen: LumenField) -> Points:
    from scipy.ndimage import map_coordinates

    places = (points / lumen.spacing).reshape(-1, lumen.ndim).T
    found = map_coordinates(values, places, order=1, mode="nearest", output=np.float64)
    return np.asarray(found.reshape(points.shape[:-1]))
