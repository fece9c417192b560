"""Which flat pieces of a grid to show; separate because it needs no plotting."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.report.scene import THICK, Scene

__all__ = ["INDEX", "Cut", "across", "close_up", "orthogonal", "place_with_most", "sweep"]

Place = tuple[int, ...]

INDEX = "ijk"
"""How the array axes are called in titles."""


@dataclass(frozen=True)
class Cut:
    """A rectangle of voxels.

    Args:
        place: a range along the two axes shown, one index along the third.
        horizontal: the array axis shown from left to right.
        vertical: the other; shown upwards, or downwards if it is the first axis (an image's rows).
    """

    place: tuple[slice | int, ...]
    horizontal: int
    vertical: int

    @property
    def downward(self) -> bool:
        """Tell whether the vertical axis points down."""
        return self.vertical < self.horizontal

    @property
    def title(self) -> str:
        """Say where the cut is, such as `k = 12`."""
        fixed = [f"{INDEX[a]} = {p}" for a, p in enumerate(self.place) if isinstance(p, int)]
        return ", ".join(fixed) or "all of the image"

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Take this piece of a grid; rows go along the vertical axis."""
        piece = values[self.place]
        return piece if self.downward else piece.T

    def centres(self, axis: int, spacing: tuple[float, ...]) -> NDArray[np.float64]:
        """Give the voxel centres along an axis shown, mm from the first voxel of the grid."""
        shown = self.place[axis]
        assert isinstance(shown, slice)
        return np.arange(shown.start, shown.stop) * spacing[axis]

    def box(self, spacing: tuple[float, ...]) -> tuple[float, float, float, float]:
        """Give left, right, bottom and top, mm, as far as the voxels' outer faces."""
        edges = []
        for axis in (self.horizontal, self.vertical):
            centres = self.centres(axis, spacing)
            edges += [centres[0] - spacing[axis] / 2, centres[-1] + spacing[axis] / 2]
        return edges[0], edges[1], edges[2], edges[3]


def place_with_most(lumen: NDArray[np.bool_]) -> Place:
    """Find the lumen voxel whose orthogonal planes together show most lumen; else the centre."""
    if not lumen.any():
        return tuple(n // 2 for n in lumen.shape)
    indices = np.argwhere(lumen)
    seen = sum(np.bincount(column)[column] for column in indices.T)
    best = indices[seen == np.max(seen)]
    nearest = np.argmin(((best - best.mean(axis=0)) ** 2).sum(axis=1))
    return tuple(int(i) for i in best[nearest])


def orthogonal(shape: tuple[int, ...], place: Place) -> tuple[Cut, ...]:
    """Cut the whole grid through a place: three planes, or the one image that a flat grid is."""
    if len(shape) == 2:
        return (_plane(shape, place, 2),)
    if min(shape) < THICK:
        return (_plane(shape, place, int(np.argmin(shape))),)
    return tuple(_plane(shape, place, normal) for normal in (2, 1, 0))


def across(
    lumen: NDArray[np.bool_], spacing: tuple[float, ...], n_cuts: int = 10
) -> tuple[Cut, ...]:
    """Cut a 3-D lumen evenly across the axis along which it is longest.

    All pieces are of one size, as large as the largest section needs, and follow the lumen.
    """
    indices = np.argwhere(lumen)
    low, high = indices.min(axis=0), indices.max(axis=0)
    normal = int(np.argmax((high - low + 1) * np.asarray(spacing)))
    shares = (np.arange(n_cuts) + 0.5) / n_cuts
    levels = np.unique((low[normal] + shares * (high - low + 1)[normal]).astype(int))
    sections = [indices[indices[:, normal] == level] for level in levels]
    sections = [s for s in sections if len(s)]
    reach = np.max([s.max(axis=0) - s.min(axis=0) for s in sections], axis=0) + 1
    reach_mm = reach * np.asarray(spacing)
    half_mm = np.maximum(reach_mm, 0.5 * np.delete(reach_mm, normal).max()) / 2
    halves = tuple(int(n) for n in np.ceil(half_mm / spacing) + 4)
    middles = [(s.min(axis=0) + s.max(axis=0)) // 2 for s in sections]
    return tuple(
        _window(_plane(lumen.shape, tuple(map(int, m)), normal), m, halves) for m in middles
    )


def sweep(lumen: NDArray[np.bool_], spacing: tuple[float, ...], *, n_cuts: int) -> tuple[Cut, ...]:
    """Cut a 3-D lumen evenly along its longest axis, always through the same window.

    The window holds all of the lumen and four voxels around it.
    """
    indices = np.argwhere(lumen)
    low, high = indices.min(axis=0), indices.max(axis=0)
    normal = int(np.argmax((high - low + 1) * np.asarray(spacing)))
    levels = np.unique(np.linspace(low[normal], high[normal], n_cuts).astype(int))
    middle = (low + high) // 2
    halves = tuple(int(n) for n in (high - low + 1) // 2 + 4)
    places = [tuple(int(v) for v in np.where(np.arange(3) == normal, n, middle)) for n in levels]
    return tuple(_window(_plane(lumen.shape, p, normal), middle, halves) for p in places)


def close_up(scene: Scene) -> tuple[Cut, Place]:
    """Cut closely around the least certain place of the wall, along the wall's normal.

    Among equals, the one nearest to where most is seen. The outermost voxels are left aside.
    """
    spacing, shape = np.asarray(scene.spacing), np.asarray(scene.scan.shape)
    points, spread = scene.wall.points, scene.wall_spread
    index = np.rint(points / spacing).astype(int)
    inner = ((index >= 2) & (index < shape - 2)).all(axis=1)
    centre = np.asarray(place_with_most(scene.lumen)) * spacing
    away = np.linalg.norm(points - centre, axis=1)
    doubt = spread * np.where(inner, 1.0, 0.5) - 1e-4 * spread.max() * away / (1 + away.max())
    worst = int(np.argmax(doubt))
    place = tuple(int(i) for i in np.clip(index[worst], 0, shape - 1))
    normal = _flattest_axis(scene, place)
    half_mm = max(6 * scene.voxel, 5 * float(spread[worst]))
    halves = tuple(max(2, int(np.ceil(half_mm / h))) for h in scene.spacing)
    return _window(_plane(scene.scan.shape, place, normal), np.asarray(place), halves), place


def _plane(shape: tuple[int, ...], place: Place, normal: int) -> Cut:
    """Cut across the axis `normal`; in 2-D, where there is no such axis, take all of the image."""
    pieces = tuple(p if a == normal else slice(0, shape[a]) for a, p in enumerate(place))
    if len(shape) == 2:
        return Cut(pieces, horizontal=1, vertical=0)
    horizontal, vertical = (a for a in range(3) if a != normal)
    return Cut(pieces, horizontal, vertical)


def _window(cut: Cut, middle: NDArray[Any], halves: tuple[int, ...]) -> Cut:
    """Keep so many voxels to both sides of the middle, moved so that they are on the grid."""
    pieces = list(cut.place)
    for axis in (cut.horizontal, cut.vertical):
        whole = pieces[axis]
        assert isinstance(whole, slice)
        size = min(2 * halves[axis] + 1, whole.stop)
        first = int(np.clip(middle[axis] - halves[axis], 0, whole.stop - size))
        pieces[axis] = slice(first, first + size)
    return Cut(tuple(pieces), cut.horizontal, cut.vertical)


def _flattest_axis(scene: Scene, place: Place) -> int:
    """Find the axis along which the distance changes least; in 2-D the one that is not there."""
    if scene.scan.ndim == 2:
        return 2
    slopes = []
    for axis, step in enumerate(scene.spacing):
        line = scene.prediction.distance.values[
            tuple(slice(None) if a == axis else p for a, p in enumerate(place))
        ]
        before, after = max(place[axis] - 1, 0), min(place[axis] + 1, len(line) - 1)
        slopes.append(abs(float(line[after]) - float(line[before])) / step)
    return int(np.argmin(slopes))
