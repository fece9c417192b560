"""Where a stored grid lies in the world; separate so that every format judges geometry alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lumenfield.errors import InputError

__all__ = ["LPS_TO_RAS", "Placement"]

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])

_SPACING_MM = (1e-4, 1e4)


@dataclass(frozen=True, eq=False)
class Placement:
    """Direction, spacing and origin as a header gives them, not yet judged.

    Args:
        direction: 3×3, unit column *i* along array axis *i*, RAS+; zero where it is not known.
        spacing: voxel edges, mm.
        origin: centre of the first voxel, mm.
        known: whether the file gave a voxel size.
    """

    direction: NDArray[np.float64]
    spacing: NDArray[np.float64]
    origin: NDArray[np.float64]
    known: bool = True

    @classmethod
    def of(
        cls, directions: ArrayLike, spacing: ArrayLike, origin: ArrayLike, *, known: bool = True
    ) -> "Placement":
        """Make directions of any length into unit ones, and give their length to the spacing."""
        matrix = np.asarray(directions, dtype=np.float64)
        with np.errstate(all="ignore"):
            sizes = np.asarray(spacing, dtype=np.float64) * np.linalg.norm(matrix, axis=0)
        return cls(_unit(matrix), sizes, np.asarray(origin, dtype=np.float64), known)

    @classmethod
    def unknown(cls) -> "Placement":
        """Assume voxels of 1 mm along the world's axes, the first at the origin."""
        return cls(np.eye(3), np.ones(3), np.zeros(3), known=False)

    def affine(
        self, path: Path, ndim: int, spacing: Sequence[float] | None = None
    ) -> NDArray[np.float64]:
        """Make the 4×4 affine of a grid with `ndim` axes.

        Args:
            path: named in errors.
            spacing: mm, instead of the file's own; the direction stays.

        Raises:
            InputError: a spacing that is not positive and finite, or directions that span no space.
        """
        direction, sizes = self.direction.copy(), self.spacing.copy()
        if spacing is not None:
            sizes = _overridden(path, ndim, sizes, spacing)
        if ndim == 2 and not _usable(sizes[2:]):
            normal = np.cross(direction[:, 0], direction[:, 1])
            direction[:, 2:], sizes[2] = _unit(normal[:, None]), 1.0
        with np.errstate(all="ignore"):
            affine = np.eye(4)
            affine[:3, :3], affine[:3, 3] = direction * sizes, self.origin
        _refuse_unusable(path, affine, sizes, ndim)
        return affine


def _unit(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(columns, axis=0)
        return np.where(lengths > 0, columns / lengths, 0.0)


def _usable(sizes: NDArray[np.float64]) -> bool:
    least, most = _SPACING_MM
    return bool(((sizes > least) & (sizes < most)).all())


def _overridden(
    path: Path, ndim: int, sizes: NDArray[np.float64], spacing: Sequence[float]
) -> NDArray[np.float64]:
    if len(spacing) != ndim:
        raise InputError(
            f"{len(spacing)} voxel sizes for {path}",
            f"it has {ndim} axes",
            "give one size in mm for each axis",
        )
    if not _usable(np.asarray(spacing, dtype=np.float64)):
        raise InputError(
            f"--spacing {' '.join(f'{s:g}' for s in spacing)}",
            "every edge must be a positive length in mm",
            "give one for each axis, such as 0.8 0.8 1.2",
        )
    return np.array([*spacing, *sizes[ndim:]], dtype=np.float64)


def _refuse_unusable(
    path: Path, affine: NDArray[np.float64], sizes: NDArray[np.float64], ndim: int
) -> None:
    if not _usable(sizes[:ndim]):
        raise InputError(
            f"{path} has a voxel size of {'×'.join(f'{s:g}' for s in sizes[:ndim])} mm",
            "every edge must be a positive length",
            "mend the header, or give the voxel size with --spacing",
        )
    with np.errstate(all="ignore"):
        spans = abs(np.linalg.det(_unit(affine[:3, :3]))) > 1e-6
    if not (np.isfinite(affine).all() and spans and abs(np.linalg.det(affine[:3, :3])) > 1e-12):
        raise InputError(
            f"{path} has directions {np.array2string(affine[:3], precision=4, separator=',')}",
            "its axes must be finite and span space",
            "mend the header",
        )
