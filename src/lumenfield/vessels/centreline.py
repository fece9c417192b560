"""Smooth centrelines through the centroids of their own cross-sections."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lumenfield.vessels.field import LumenField
from lumenfield.vessels.sections import Sections, sections_at

__all__ = ["Centreline", "centreline_of"]

Points = NDArray[np.float64]

_ROUNDS = 4
_LEAST_STATIONS = 4


@dataclass(frozen=True, eq=False)
class Centreline:
    """Stations along a vessel, about a voxel apart, each with its cross-section.

    Args:
        arc: n, mm from the first station.
    """

    points: Points
    arc: NDArray[np.float64]
    sections: Sections
    closed: bool

    def part(self, first: int, last: int) -> "Centreline":
        """Keep the stations from `first` up to, without, `last`."""
        cut = slice(first, last)
        s = self.sections
        kept = Sections(s.centres[cut], s.directions[cut], s.rays[cut], s.closed[cut])
        return Centreline(self.points[cut], self.arc[cut] - self.arc[first], kept, False)


def centreline_of(
    field: LumenField,
    chain: Points,
    *,
    closed: bool,
    step: float,
    extend: tuple[bool, bool] = (False, False),
) -> Centreline | None:
    """Move a chain of voxels to the middle of the lumen; None if it is too short.

    Each round cuts the lumen across the curve, moves every station to the centroid of its section
    and fits local cubics over about a diameter. Of a circular section about a curved axis the
    centroid is on the axis.

    Args:
        step: between stations, mm.
        extend: whether to lengthen the curve at its start, at its end, until it leaves the lumen
            or the grid.
    """
    radius = float(np.median(-field.at(chain, order=1)))
    half = int(np.clip(round(radius / step), 2, 12))
    if len(_without_repeats(chain)) < 2:
        return None
    points = _even(_blurred(_even(chain, step, closed), half, closed), step, closed)
    if not closed:
        points = _even(_extended(field, points, extend, step, half), step, closed)
    for _ in range(_ROUNDS):
        if len(points) < _LEAST_STATIONS:
            return None
        sections = sections_at(field, points, _fitted(points, half, closed, slope=True))
        shift = sections.centroids() - points
        whole = _whole(field, sections)
        usable = sections.closed & whole & (np.linalg.norm(shift, axis=1) < radius)
        points = points + shift * usable[:, None]
        if not closed:
            points = _trimmed(points, whole, extend)
        points = _even(_fitted(points, half, closed), step, closed)
        if not closed:
            points = _even(_extended(field, points, extend, step, half), step, closed)
    if len(points) < _LEAST_STATIONS:
        return None
    sections = sections_at(field, points, _fitted(points, half, closed, slope=True))
    rays = sections.rays[_nearest(_whole(field, sections))]
    return Centreline(points, _arc(points), replace(sections, rays=rays), closed)


def _whole(field: LumenField, sections: Sections) -> NDArray[np.bool_]:
    """Tell which sections the border of the grid does not cut."""
    return np.asarray(field.within(sections.walls, margin=1.0).all(1))


def _nearest(good: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Give for each station the nearest good one; itself where there is none."""
    places = np.arange(len(good))
    if not good.any():
        return places
    found = np.flatnonzero(good)
    return np.asarray(found[np.abs(places[:, None] - found).argmin(1)])


def _trimmed(points: Points, whole: NDArray[np.bool_], asked: tuple[bool, bool]) -> Points:
    """Cut the stations at free ends whose sections leave the grid; nearly none stay of a stub."""
    found = np.flatnonzero(whole)
    if len(found) < _LEAST_STATIONS:
        return points
    first = found[0] if asked[0] else 0
    last = found[-1] + 1 if asked[1] else len(points)
    return points[first:last]


def _extended(
    field: LumenField, points: Points, extend: tuple[bool, bool], step: float, half: int
) -> Points:
    """Lengthen an open curve straight on at its free ends, until it leaves grid or lumen."""
    for asked, turn in zip(extend, (-1, 1), strict=True):
        if asked:
            points = _onward(field, points[::turn], step, half)[::turn]
    return points


def _onward(field: LumenField, points: Points, step: float, half: int) -> Points:
    ahead = points[-1] - points[max(-1 - half, -len(points))]
    ahead = step * ahead / np.linalg.norm(ahead)
    more = points[-1] + np.arange(1, max(3, 2 * half) + 1)[:, None] * ahead
    points = np.concatenate([points, more])
    out = ~field.within(points) | (field.at(points, order=1) >= 0)
    # Counted from the middle, which is in the lumen if anything is.
    middle = len(points) // 2
    if not out[middle:].any():
        return points
    last = max(middle + int(out[middle:].argmax()), 2)
    if field.within(points[last]):
        return points[:last]
    share = field.share_within(points[last - 1], points[last])
    border = points[last - 1] + share * (points[last] - points[last - 1])
    # Two stations almost at one place would bend a spline through them.
    return np.concatenate([points[: last if share > 0.3 else last - 1], border[None]])


def _fitted(points: Points, half: int, closed: bool, *, slope: bool = False) -> Points:
    """Fit a cubic over 2·half + 1 stations around each; give its value or its slope."""
    from scipy.signal import savgol_filter

    width = min(2 * half + 1, (len(points) - 1) // 2 * 2 + 1)
    return np.asarray(
        savgol_filter(
            points,
            width,
            min(3, width - 2),
            deriv=int(slope),
            axis=0,
            mode="wrap" if closed else "interp",
        )
    )


def _blurred(points: Points, half: int, closed: bool) -> Points:
    """Blur away the steps of a chain of voxels; its ends stay."""
    from scipy.ndimage import gaussian_filter1d

    if closed:
        return np.asarray(gaussian_filter1d(points, half / 2, axis=0, mode="wrap"))
    # A mirror through each end keeps it in place.
    count = min(2 * half, len(points) - 1)
    before = 2 * points[0] - points[count:0:-1]
    after = 2 * points[-1] - points[-2 : -2 - count : -1]
    wide = gaussian_filter1d(np.concatenate([before, points, after]), half / 2, axis=0)
    return np.asarray(wide[count : count + len(points)])


def _even(points: Points, step: float, closed: bool) -> Points:
    """Space stations evenly along a curve, as near to `step` as goes."""
    from scipy.interpolate import CubicSpline

    points = _without_repeats(points)
    ring = np.concatenate([points, points[:1]]) if closed else points
    arc = _arc(ring)
    count = max(round(float(arc[-1]) / step), 3)
    at = np.linspace(0, arc[-1], count + 1)[: count if closed else None]
    if len(ring) < 4:
        return np.stack([np.interp(at, arc, column) for column in ring.T], axis=1)
    return np.asarray(CubicSpline(arc, ring, bc_type="periodic" if closed else "natural")(at))


def _without_repeats(points: Points) -> Points:
    moved = np.linalg.norm(np.diff(points, axis=0), axis=1) > 1e-6
    return points[np.r_[True, moved]]


def _arc(points: Points) -> NDArray[np.float64]:
    return np.r_[0.0, np.linalg.norm(np.diff(points, axis=0), axis=1).cumsum()]
