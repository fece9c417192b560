"""A mask or a distance on a grid as a seed; separate because it is known at voxels only."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.geometry.solid import Solid
from lumenfield.levelset.redistance import redistance
from lumenfield.tensors import Distances, Points

__all__ = ["GridSolid"]


@dataclass(frozen=True, eq=False, repr=False)
class GridSolid(Solid):
    """The solid of a signed distance that is given on a grid, centred on the origin.

    Coordinates run along the grid's own axes. Between voxels the distance is a cubic spline, beyond
    the grid that of the nearest place of it, and the way there is added.

    >>> lumen = GridSolid.of_mask(lf.read("lumen.nii.gz"))  # doctest: +SKIP

    Args:
        distance: mm, negative inside, 2-D or 3-D.
    """

    distance_mm: Volume

    @classmethod
    def of_mask(cls, mask: Volume, *, smoothing: float = 0.7) -> "GridSolid":
        """Take the ½-level of a smoothed mask, or of a probability, as the wall.

        Args:
            mask: values from 0 to 1.
            smoothing: standard deviation of the Gaussian in voxels, which mends the staircase of
                the voxels; 0 for probabilities.

        Raises:
            InputError: values beyond 0 and 1, or a grid that is all in or all out.
        """
        from scipy.ndimage import gaussian_filter

        values = np.asarray(mask.values, dtype=np.float32)
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            raise InputError(
                f"mask from {values.min():g} to {values.max():g}",
                "a mask or probability lies from 0 to 1",
                "threshold it, or use GridSolid of a distance",
            )
        # A vessel that leaves the grid goes on beyond it, so the border is repeated.
        smooth = gaussian_filter(values, smoothing, mode="nearest") if smoothing else values
        if (smooth > 0.5).all() or (smooth <= 0.5).all():
            raise InputError(
                f"mask of which {100 * (smooth > 0.5).mean():.0f} % is inside",
                "a wall between in and out",
                "check the mask, or smooth it less",
            )
        level = torch.as_tensor(0.5 - smooth)[None, None]
        return cls(mask.like(redistance(level, mask.spacing)[0, 0].numpy()))

    def __repr__(self) -> str:
        size = "×".join(map(str, self.distance_mm.shape))
        edges = "×".join(f"{edge:.4g}" for edge in self.distance_mm.spacing)
        return f"GridSolid({size} voxels of {edges} mm)"

    @cached_property
    def _coefficients(self) -> NDArray[np.float64]:
        from scipy.ndimage import spline_filter

        return spline_filter(np.asarray(self.distance_mm.values, np.float64), 3, mode="mirror")

    def distance(self, points: Points) -> Distances:
        """Interpolate.

        Raises:
            InputError: points of another dimension than the grid.
        """
        from scipy.ndimage import map_coordinates

        shape, spacing = self.distance_mm.shape, np.asarray(self.distance_mm.spacing)
        if points.shape[-1] != len(shape):
            raise InputError(
                f"a {len(shape)}-D grid asked at {points.shape[-1]}-D points",
                "a seed has the dimension of its grid",
                "take a slice of it, or a volume",
            )
        middle = (np.asarray(shape) - 1) / 2
        index = points.detach().cpu().double().numpy().reshape(-1, len(shape)) / spacing + middle
        within = np.clip(index, 0, np.asarray(shape) - 1)
        found = map_coordinates(self._coefficients, within.T, prefilter=False, mode="mirror")
        found = found + np.linalg.norm((index - within) * spacing, axis=1)
        return torch.as_tensor(found.reshape(points.shape[:-1])).to(points)
