"""Planes that the user closes the lumen with, instead of the border's."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import BoundaryPrior, Cap, Volume
from lumenfield.errors import InputError
from lumenfield.vessels import Branch, trace_vessels

__all__ = ["Plane", "cut_at", "cut_ends"]

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """A cut across a vessel.

    Args:
        point: world mm, in or near the lumen.
        normal: world, out of the part that is kept; of any length.

    Raises:
        InputError: the normal has no length, or a number is not finite.
    """

    point: tuple[float, float, float]
    normal: tuple[float, float, float]

    def __post_init__(self) -> None:
        finite = all(map(math.isfinite, (*self.point, *self.normal)))
        if not finite or not any(self.normal):
            raise InputError(
                f"a cut at {self.point} with the normal {self.normal}",
                "a plane has a point and a direction",
                "give x,y,z,nx,ny,nz in millimetres, the normal pointing out of the kept part",
            )


def cut_at(prior: BoundaryPrior, planes: tuple[Plane, ...]) -> BoundaryPrior:
    """Close the lumen at planes; φ̄ stays as it is, and caps beyond a plane go.

    A plane has no end: where it meets the lumen a second time, the flow's domain ends there too,
    and the prior's warnings say so.

    Raises:
        InputError: a plane does not meet the lumen.
    """
    caps = list(prior.caps)
    warnings = list(prior.meta.warnings)
    for plane in planes:
        cap, meetings = _cap(prior.distance, plane)
        if meetings > 1:
            warnings.append(
                f"the cut at {_triple(plane.point)} mm meets the lumen {meetings} times; "
                "it ends at each"
            )
        caps = [c for c in caps if _side(c.centre, cap) <= 0] + [cap]
    meta = replace(prior.meta, warnings=tuple(warnings))
    return replace(prior, caps=tuple(caps), meta=meta)


def cut_ends(prior: BoundaryPrior, length_mm: float | None = None) -> BoundaryPrior:
    """Move each cap at the border so far into its vessel, square to the centreline.

    Args:
        length_mm: along the centreline; by default one diameter of each vessel.

    Raises:
        InputError: no vessel leaves the grid, or one is shorter than that.
    """
    found = trace_vessels(prior.distance, prior.spread, prior.field)
    planes = [
        _plane(branch, last, length_mm)
        for branch in found.branches
        for last, end in ((False, branch.start), (True, branch.end))
        if end.kind == "opening"
    ]
    if not planes:
        raise InputError(
            "no vessel with a centreline leaves the grid", "only open ends are cut", "name planes"
        )
    return cut_at(prior, tuple(planes))


def _plane(branch: Branch, last: bool, length_mm: float | None) -> Plane:
    points = branch.points_mm[::-1] if last else branch.points_mm
    arc = branch.arc_mm[-1] - branch.arc_mm[::-1] if last else branch.arc_mm
    radius = branch.radius_mm[-1 if last else 0]
    length = 2 * float(radius) if length_mm is None else length_mm
    if not 0 < length < arc[-1]:
        raise InputError(
            f"a cut {length:g} mm from an opening of a branch that is {arc[-1]:.3g} mm long",
            "something must be left of each branch",
            "cut less, or name the planes",
        )
    at = int(np.searchsorted(arc, length))
    share = (length - arc[at - 1]) / (arc[at] - arc[at - 1])
    point = points[at - 1] + share * (points[at] - points[at - 1])
    outward = points[max(at - 3, 0)] - points[min(at + 2, len(points) - 1)]
    return Plane(_floats(point), _floats(outward))


def _cap(distance: Volume, plane: Plane) -> tuple[Cap, int]:
    """Measure the lumen on a plane near its point; also count how often the two meet."""
    from scipy.ndimage import label

    normal = np.array(plane.normal) / np.linalg.norm(plane.normal)
    if distance.ndim == 2:
        across = np.cross(normal, _unit(distance.affine[:3, 2]))
        axes = np.array([across / np.linalg.norm(across)])
    else:
        axes = np.linalg.svd(normal[None])[2][1:]
    lattice, step = _lattice(distance, np.array(plane.point), axes)
    phi = _read(distance, lattice)
    parts, count = label(phi < 0, structure=np.ones((3,) * len(axes)))
    if count == 0:
        raise InputError(
            f"the cut at {_triple(plane.point)} mm does not meet the lumen",
            "a cut goes through a vessel",
            "name a point of the lumen, in world millimetres",
        )
    offset = np.linalg.norm(lattice - plane.point, axis=-1)
    nearest = parts.flat[np.where(parts > 0, offset, np.inf).argmin()]
    share = np.clip(0.5 - phi / step, 0, 1) * _grown(parts == nearest)
    centre = (lattice * share[..., None]).reshape(-1, 3).sum(0) / share.sum()
    size = float(share.sum()) * step ** len(axes)
    radius = size / 2 if distance.ndim == 2 else math.sqrt(size / math.pi)
    return Cap(_floats(centre), _floats(normal), radius), int(count)


def _lattice(distance: Volume, point: Points, axes: Points) -> tuple[Points, float]:
    """Points half a voxel apart over the whole plane, and that step, mm."""
    step = 0.5 * min(distance.spacing)
    corners = np.indices((2,) * distance.ndim).reshape(distance.ndim, -1)
    corners = corners * (np.array(distance.shape) - 1)[:, None]
    world = distance.affine[:3, : distance.ndim] @ corners + distance.affine[:3, 3:]
    along = axes @ (world - point[:, None])
    lines = [np.arange(np.floor(a.min() / step), np.ceil(a.max() / step) + 1) * step for a in along]
    places = np.stack(np.meshgrid(*lines, indexing="ij"), -1)
    return places @ axes + point, step


def _read(distance: Volume, world: Points) -> Points:
    """φ at world points; outside the grid there is no lumen."""
    from scipy.ndimage import map_coordinates

    flat = distance.places_of(world).reshape(-1, distance.ndim).T
    found = map_coordinates(
        distance.values, flat, order=1, mode="constant", cval=1e3, output=np.float64
    )
    return np.asarray(found.reshape(world.shape[:-1]))


def _grown(part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy.ndimage import binary_dilation

    return np.asarray(binary_dilation(part, structure=np.ones((3,) * part.ndim)))


def _side(point: tuple[float, float, float], cap: Cap) -> float:
    """Signed distance of a point beyond a cap's plane, mm."""
    return float(np.dot(np.array(point) - cap.centre, cap.normal))


def _unit(vector: Points) -> Points:
    return np.asarray(vector / np.linalg.norm(vector))


def _floats(values: Points) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _triple(values: tuple[float, float, float]) -> str:
    return ", ".join(f"{v:.4g}" for v in values)
