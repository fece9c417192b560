"""What all pictures of one case share; separate so that each picture is one small function."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Prediction, Volume
from lumenfield.evaluation.level import Level
from lumenfield.evaluation.metrics import Pair
from lumenfield.evaluation.surface import Surface, wall_surface, weighted_percentile
from lumenfield.evaluation.undefined import Undefined
from lumenfield.evaluation.wall import WallErrors
from lumenfield.spacing import voxel_mm
from lumenfield.vessels import Branch

__all__ = ["THICK", "Picture", "Scene", "axis_letters"]

_SAMPLES = 2_000_000
"""Values that are enough to find a grey window."""

THICK = 3
"""Voxels along its thinnest axis from which a grid has depth to show."""

_STRAIGHT = 0.94
"""Cosine (20°) below which an axis only roughly points where its letter says."""


@dataclass(frozen=True)
class Picture:
    """A finished picture.

    Args:
        svg: all of it. alt: what it shows, for who cannot see it. caption: what to look for.
    """

    title: str
    svg: str
    alt: str
    caption: str


@dataclass(frozen=True, eq=False)
class Scene:
    """A scan with what was found in it, all on one grid.

    Args:
        truth: negative in the true lumen; its zero is the true wall.
        initial: the network's distance before refinement, mm.
        truth_is_distance: the truth is in mm, not only a level.
        branches: of the lumen, longest first, world mm.
    """

    scan: Volume
    prediction: Prediction
    truth: Volume | None = None
    initial: Volume | None = None
    truth_is_distance: bool = True
    branches: tuple[Branch, ...] = ()

    @property
    def spacing(self) -> tuple[float, ...]:
        """Voxel edges along the array axes, mm."""
        return self.scan.spacing

    @property
    def is_flat(self) -> bool:
        """Tell whether there is an image, not a solid: 2-D, or almost."""
        return self.scan.ndim == 2 or min(self.scan.shape) < THICK

    @property
    def voxel(self) -> float:
        """The geometric mean of a voxel's edges, mm."""
        return voxel_mm(self.spacing)

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """Where each array axis points: R, L, A, P, S or I, with ≈ before it if oblique.

        Empty words where the scan does not say.
        """
        return axis_letters(self.scan) if self.scan.placed else ("",) * self.scan.ndim

    @cached_property
    def lumen(self) -> NDArray[np.bool_]:
        """True inside the wall that was found."""
        return np.asarray(self.prediction.distance.values < 0)

    @cached_property
    def shown_lumen(self) -> NDArray[np.bool_]:
        """What decides where to look: the lumen, the true one if none was found, else nothing."""
        if self.truth is not None and not self.lumen.any():
            return np.asarray(self.truth.values < 0)
        return self.lumen

    @cached_property
    def window(self) -> tuple[float, float]:
        """Magnitudes shown as black and as white: the 0.5th and 99.5th percentiles."""
        flat = np.ravel(self.scan.values)
        some = flat[:: max(1, flat.size // _SAMPLES)].astype(np.float64)
        some = some[np.isfinite(some)]
        low, high = np.percentile(some, (0.5, 99.5)) if some.size else (0.0, 1.0)
        return float(low), float(high) if high > low else float(low) + 1.0

    @cached_property
    def near(self) -> tuple[slice, ...]:
        """The part of the grid that holds the lumen and four voxels around it; else all of it."""
        if not self.lumen.any():
            return tuple(slice(0, n) for n in self.scan.shape)
        parts = []
        for axis, n in enumerate(self.scan.shape):
            others = tuple(a for a in range(self.scan.ndim) if a != axis)
            filled = np.flatnonzero(self.lumen.any(axis=others))
            parts.append(slice(max(int(filled[0]) - 4, 0), min(int(filled[-1]) + 5, n)))
        return tuple(parts)

    @cached_property
    def is_bright(self) -> bool:
        """Tell whether the lumen is brighter than what lies next to it."""
        distance, values = self.prediction.distance.values[self.near], self.scan.values[self.near]
        inside, beside = distance < 0, (distance >= 0) & (distance < 4 * self.voxel)
        if not inside.any() or not beside.any():
            return True
        return bool(np.nanmedian(values[inside]) >= np.nanmedian(values[beside]))

    @cached_property
    def wall(self) -> Surface:
        """The wall as triangles or segments, mm along the array axes; it may have none."""
        return self.wall_of_every(1)

    def wall_of_every(self, stride: int) -> Surface:
        """Extract the wall from every second, third, … voxel along each axis."""
        steps = tuple(slice(p.start, p.stop, stride) for p in self.near)
        level = np.asarray(self.prediction.distance.values[steps], dtype=np.float32)
        wall = wall_surface(level, tuple(h * stride for h in self.spacing))
        first = [p.start * h for p, h in zip(self.near, self.spacing, strict=True)]
        return Surface(wall.points + first, wall.faces)

    @cached_property
    def wall_spread(self) -> NDArray[np.float64]:
        """σ at each point of the wall, mm."""
        return self.at(self.prediction.spread, self.wall.points)

    @cached_property
    def errors(self) -> WallErrors | None:
        """Signed errors, voxels, over the wall and missed parts of the true one, as in the scores.

        None if the truth is unknown, or there is no wall in either.
        """
        return self._errors_of(self.prediction.distance)

    @cached_property
    def initial_errors(self) -> WallErrors | None:
        """The same of the network's own distance, before refinement."""
        return None if self.initial is None else self._errors_of(self.initial)

    def at(self, volume: Volume, points_mm: NDArray[Any]) -> NDArray[np.float64]:
        """Read a volume between its voxels, at n×d places in mm along the array axes."""
        from scipy import ndimage

        index = (points_mm / np.asarray(self.spacing)).T
        found = ndimage.map_coordinates(volume.values, index, np.float64, order=1, mode="nearest")
        return np.asarray(found)

    def spread_percentile(self, percent: float) -> float:
        """Give the σ, mm, that so many percent of the wall's area do not exceed."""
        return weighted_percentile(self.wall_spread, self.wall.weights, percent)

    def _errors_of(self, distance: Volume) -> WallErrors | None:
        if self.truth is None:
            return None
        found = Level(_float32(distance), is_distance=True)
        true = Level(_float32(self.truth), is_distance=self.truth_is_distance)
        try:
            return Pair(found, true, self.spacing).errors
        except Undefined:
            return None


def axis_letters(volume: Volume) -> tuple[str, ...]:
    """Name the direction of the body that each array axis points to.

    >>> import numpy as np
    >>> axis_letters(Volume(np.zeros((2, 2, 2)), np.diag([-1.0, 1, 1, 1])))
    ('L', 'A', 'S')
    """
    from nibabel.orientations import aff2axcodes

    codes = aff2axcodes(volume.affine)[: volume.ndim]
    steepest = np.abs(volume.affine[:3, : volume.ndim]).max(axis=0) / np.asarray(volume.spacing)
    return tuple(c if s > _STRAIGHT else f"≈{c}" for c, s in zip(codes, steepest, strict=True))


def _float32(volume: Volume) -> NDArray[np.float32]:
    return np.asarray(volume.values, dtype=np.float32)
