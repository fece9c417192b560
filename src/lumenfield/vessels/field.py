"""A distance between its voxels and a little past its border; separate because all else asks it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume

__all__ = ["LumenField", "lumen_field"]

_MARGIN = 4
"""Voxels kept around the lumen; the spline's coefficients forget a border as fast."""


_MOST_VOXELS = 1 << 26
"""A spline of more would take memory that a large scan needs elsewhere; its walls are read
linearly."""


@dataclass(frozen=True, eq=False)
class LumenField:
    """φ around the lumen. Points are in millimetres along the grid's axes, its first voxel at zero.

    Args:
        values: φ in a box around the lumen, continued past the grid along its end slopes.
        coefficients: of the cubic spline through them; the values where the box is too large.
        order: of the spline.
        first: voxel of the grid that the box begins with; negative past the border.
        shape: of the grid.
        affine: of the grid.
    """

    values: NDArray[np.float32]
    coefficients: NDArray[np.float32]
    order: int
    first: NDArray[np.int64]
    shape: tuple[int, ...]
    spacing: NDArray[np.float64]
    affine: NDArray[np.float64]

    @property
    def ndim(self) -> int:
        """Two or three."""
        return self.values.ndim

    def at(self, points: NDArray[np.float64], *, order: int = 3) -> NDArray[np.float64]:
        """φ at points of shape (…, ndim), mm; order 1 is cheap, 3 the spline."""
        from scipy.ndimage import map_coordinates

        places = (points / self.spacing - self.first).reshape(-1, self.ndim).T
        grid = self.values if order == 1 else self.coefficients
        found = map_coordinates(
            grid,
            places,
            order=min(order, self.order),
            prefilter=False,
            mode="nearest",
            output=np.float64,
        )
        return np.asarray(found.reshape(points.shape[:-1]))

    def within(self, points: NDArray[np.float64], *, margin: float = 0.0) -> NDArray[np.bool_]:
        """Tell which points lie within the grid's outermost voxel centres, or so many voxels on."""
        index = points / self.spacing
        last = np.array(self.shape) - 1
        return np.asarray(((index >= -margin) & (index <= last + margin)).all(-1))

    def share_within(self, inner: NDArray[np.float64], outer: NDArray[np.float64]) -> float:
        """Tell how far one may go from a point in the grid towards another, as a share of it."""
        last = (np.array(self.shape) - 1) * self.spacing
        move = outer - inner
        room = np.where(move > 0, last - inner, inner)
        shares = room / np.where(move == 0, np.inf, np.abs(move))
        return float(np.clip(np.where(move == 0, 1.0, shares).min(), 0, 1))

    def world(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn points of this field, n×ndim, into world millimetres, n×3."""
        columns = self.affine[:3, : self.ndim] / self.spacing
        return points @ columns.T + self.affine[:3, 3]


def lumen_field(distance: Volume) -> LumenField:
    """Prepare the distance of a lumen; it must have one."""
    from scipy.ndimage import spline_filter

    inside = distance.values < 0
    deepest = -float(distance.values.min()) / min(distance.spacing)
    beyond = _MARGIN + int(min(deepest, 16))
    begin, box, pads = [], [], []
    for axis, n in enumerate(distance.shape):
        others = tuple(a for a in range(distance.ndim) if a != axis)
        line = np.flatnonzero(inside.any(axis=others))
        low, high = int(line[0]) - beyond, int(line[-1]) + 1 + beyond
        begin.append(low)
        box.append(slice(max(low, 0), min(high, n)))
        pads.append((max(-low, 0), max(high - n, 0)))
    # Odd mirrors continue the slope of a wall that crosses the border.
    values = np.pad(
        distance.values[tuple(box)].astype(np.float32), pads, mode="reflect", reflect_type="odd"
    )
    small = values.size <= _MOST_VOXELS
    return LumenField(
        values,
        np.asarray(spline_filter(values, order=3, output=np.float32)) if small else values,
        3 if small else 1,
        np.array(begin),
        distance.shape,
        np.array(distance.spacing),
        distance.affine,
    )
