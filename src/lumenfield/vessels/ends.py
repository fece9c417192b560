"""Where each branch begins and ends; separate because a junction belongs to no branch."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from lumenfield.vessels.branch import End
from lumenfield.vessels.centreline import Centreline, centreline_of
from lumenfield.vessels.field import LumenField
from lumenfield.vessels.graph import Path, Points, by_node

__all__ = ["Line", "at_border", "cut_lines", "junctions_of"]

_FADED = 0.7
"""Part of a branch's median radius below which a blind end is what is left of a vessel."""


@dataclass(frozen=True, eq=False)
class Line:
    """A path, its centreline outside its junctions (None if too short), and its two ends."""

    path: Path
    centre: Centreline | None
    start: End
    end: End


def junctions_of(paths: list[Path]) -> list[int]:
    """List the nodes that join three paths or more."""
    return sorted(n for n, meeting in by_node(paths).items() if n >= 0 and len(meeting) > 2)


def at_border(lumen: LumenField, place: Points) -> bool:
    """Tell whether a place is within two voxels of the border of the grid."""
    index = place / lumen.spacing
    return bool(((index < 2) | (index > np.array(lumen.shape) - 3)).any())


def cut_lines(lumen: LumenField, paths: list[Path], nodes: Points, voxel: float) -> list[Line]:
    """Give each path its centreline, without junctions and without rounded blind ends.

    Args:
        voxel: mm, between stations.
    """
    joints = junctions_of(paths)
    lines = [_line(lumen, path, joints, voxel) for path in paths]
    return [replace(line, centre=_kept(lumen, line, lines, nodes)) for line in lines]


def _line(lumen: LumenField, path: Path, joints: list[int], voxel: float) -> Line:
    free = (path.start >= 0 and path.start not in joints, path.end >= 0 and path.end not in joints)
    centre = centreline_of(lumen, path.points, closed=path.start < 0, step=voxel, extend=free)
    last = path.points if centre is None else centre.points
    ends = [
        End("seam")
        if node < 0
        else End("junction", joints.index(node))
        if node in joints
        else End("opening" if at_border(lumen, place) else "tip")
        for node, place in ((path.start, last[0]), (path.end, last[-1]))
    ]
    return Line(path, centre, *ends)


def _kept(lumen: LumenField, line: Line, lines: list[Line], nodes: Points) -> Centreline | None:
    centre = line.centre
    if centre is None:
        return None
    first = _bad_from_end(_good(lumen, line, line.start, line.path.start, lines, nodes))
    last = _bad_from_end(_good(lumen, line, line.end, line.path.end, lines, nodes)[::-1])
    last = len(centre.points) - last
    if (first, last) != (0, len(centre.points)):
        if last - first < 3:
            return None
        centre = centre.part(first, last)
    # What is shorter than wide is the place where others meet, not a vessel.
    wide = 2 * float(centre.sections.radius.mean())
    return centre if centre.closed or centre.arc[-1] >= wide else None


def _good(
    lumen: LumenField, line: Line, end: End, node: int, lines: list[Line], nodes: Points
) -> NDArray[np.bool_]:
    """Tell which stations of a line are its own, seen from one end."""
    centre = line.centre
    assert centre is not None
    if end.kind == "junction":
        alone = _alone(lumen, line, node, lines, nodes[node])
        return np.asarray(alone & centre.sections.closed)
    if end.kind == "tip":
        return _not_rounded(centre) & _not_fading(centre)
    return np.ones(len(centre.points), bool)


def _alone(
    lumen: LumenField, line: Line, node: int, lines: list[Line], place: Points
) -> NDArray[np.bool_]:
    """Tell which stations lie outside the junction's ball and the lumens of its other branches."""
    assert line.centre is not None
    points = line.centre.points
    ball = float(-lumen.at(place[None], order=1)[0])
    alone = np.linalg.norm(points - place, axis=1) > ball
    for other in lines:
        if other is line or other.centre is None or node not in (other.path.start, other.path.end):
            continue
        _, closest = cKDTree(other.centre.points).query(points)
        nearest = other.centre.points[closest]
        reach = -lumen.at(nearest, order=1)
        alone &= np.linalg.norm(points - nearest, axis=1) > reach
    return np.asarray(alone)


def _not_rounded(centre: Centreline) -> NDArray[np.bool_]:
    """Tell which stations are further than their radius from both ends of a centreline."""
    from_end = np.minimum(centre.arc, centre.arc[-1] - centre.arc)
    return np.asarray(from_end >= centre.sections.radius)


def _not_fading(centre: Centreline) -> NDArray[np.bool_]:
    """Tell which stations lie between the first and the last that are as wide as a vessel.

    Where a vessel is lost to noise its lumen fades to nothing. That is no narrowing.
    """
    radius = centre.sections.radius
    wide = np.flatnonzero(radius >= _FADED * np.median(radius))
    place = np.arange(len(radius))
    return np.asarray((place >= wide[0]) & (place <= wide[-1]))


def _bad_from_end(good: NDArray[np.bool_]) -> int:
    """Count the stations up to the last bad one in the first half."""
    bad = np.flatnonzero(~good[: len(good) // 2 + 1])
    return int(bad[-1]) + 1 if len(bad) else 0
