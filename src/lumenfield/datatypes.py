"""The values that cross module borders; separate so that a stage can be understood from its types.

Distance is negative in the lumen and in millimetres. World is RAS+, millimetres; array axis *i* is
column *i* of the affine. A 2-D image is a slice in that same world: its affine is 4×4 too, and its
third column holds the slice normal times the slice thickness.
"""

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.errors import InputError

__all__ = [
    "BoundaryPrior",
    "Cap",
    "MaternField",
    "Mesh",
    "Prediction",
    "PriorMeta",
    "Sample",
    "Volume",
    "scaling",
    "slant",
]


def scaling(spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Make the affine of an axis-aligned grid whose first voxel centre is the world origin.

    Args:
        spacing: two or three voxel edges in mm; a 2-D grid gets a slice thickness of 1 mm.
    """
    affine = np.eye(4)
    affine[range(len(spacing)), range(len(spacing))] = spacing
    return affine


def slant(axes: NDArray[np.float64]) -> float:
    """Give the sine of the most that any two axes are off a right angle.

    Args:
        axes: (3, n), an axis a column, of any length.
    """
    unit = axes / np.linalg.norm(axes, axis=0)
    return float(np.abs(unit.T @ unit - np.eye(axes.shape[1])).max())


@dataclass(frozen=True, eq=False)
class Volume:
    """A scalar grid in the world: magnitude, mask, distance or probability.

    Args:
        values: two or three axes, none of them empty.
        affine: 4×4, voxel index to RAS+ millimetres; any flip, permutation, obliquity or shear.
        placed: False where a file does not say how its grid lies, so that the affine is assumed.

    Raises:
        InputError: not 2-D or 3-D, empty, or an affine that is not 4×4, finite and invertible.
    """

    values: NDArray[Any]
    affine: NDArray[np.float64]
    placed: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", np.asarray(self.values))
        object.__setattr__(self, "affine", np.asarray(self.affine, dtype=np.float64))
        size = "×".join(map(str, self.values.shape))
        if self.values.ndim not in (2, 3) or self.values.size == 0:
            raise InputError(
                f"grid is {size or 'a single number'} ({self.values.ndim}-D)",
                "a volume has two or three axes, none of them empty",
                "take one slice, channel or time point of it",
            )
        usable = self.affine.shape == (4, 4) and bool(np.isfinite(self.affine).all())
        if not usable or abs(np.linalg.det(self.affine[:3, :3])) < 1e-12:
            raise InputError(
                f"affine is {np.array2string(self.affine, precision=4, separator=',')}",
                "a grid needs a finite, invertible 4×4 matrix to millimetres",
                "mend the header, or give the voxel size with --spacing",
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Voxels along each axis."""
        return self.values.shape

    @property
    def ndim(self) -> int:
        """Two or three."""
        return self.values.ndim

    @property
    def spacing(self) -> tuple[float, ...]:
        """Voxel edges along each array axis, mm."""
        return tuple(float(s) for s in np.linalg.norm(self.affine[:3, : self.ndim], axis=0))

    def like(self, values: NDArray[Any]) -> "Volume":
        """Put other values on this grid.

        Raises:
            InputError: the values have another shape.
        """
        if np.shape(values) != self.shape:
            raise InputError(
                f"values are {np.shape(values)}",
                f"the grid is {self.shape}",
                "resample them to this grid first",
            )
        return Volume(np.asarray(values), self.affine, self.placed)

    def n_negative(self) -> int:
        """Count the values below zero, slab by slab: those of a large grid lie in a file."""
        return sum(int(np.count_nonzero(slab < 0)) for slab in self.values)

    def places_of(self, world: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn world points, … × 3 in mm, into places in voxels, … × ndim."""
        inverse = np.linalg.inv(self.affine)
        return np.asarray((world @ inverse[:3, :3].T + inverse[:3, 3])[..., : self.ndim])

    def at(self, world: NDArray[np.float64]) -> NDArray[np.float32]:
        """Read at world points, n × 3 in mm, linearly; beyond the grid as at its edge."""
        from scipy.ndimage import map_coordinates

        places = self.places_of(world).T
        found = map_coordinates(self.values, places, order=1, mode="nearest", output=np.float32)
        return np.asarray(found)

    def same_grid(self, other: "Volume", tolerance: float = 1e-3) -> bool:
        """Tell whether two volumes share shape and geometry, to `tolerance` mm in the affine."""
        return self.shape == other.shape and bool(
            np.allclose(self.affine, other.affine, rtol=0, atol=tolerance)
        )


@dataclass(frozen=True, eq=False)
class Mesh:
    """A triangulated surface, or in 2-D a closed polyline whose faces are its edges.

    Args:
        vertices: n×3, world millimetres.
        faces: m×3 (triangles, normals outward) or m×2 (edges), indices of vertices.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Sample:
    """One synthetic scan with its truth.

    Args:
        magnitude: float32, what the scanner would hand over.
        mask: uint8, 1 in the lumen.
        distance: float32, mm.
        origin: the drawn objects and the seed as JSON text; enough to make the sample again.
    """

    magnitude: Volume
    mask: Volume
    distance: Volume
    origin: str


@dataclass(frozen=True)
class MaternField:
    """A Gaussian field around a distance: δ ~ N(0, σ_φ² 𝒩 (I − ℓ²Δ)^(−α)).

    Args:
        spread_mm: σ_φ, the marginal standard deviation.
        length_mm: ℓ, the correlation length.
        alpha: the smoothness exponent α.
    """

    spread_mm: float
    length_mm: float
    alpha: float = 3.0


@dataclass(frozen=True, eq=False)
class Prediction:
    """What was found in a scan, on the scan's own grid.

    Args:
        probability: float32 in [0, 1], of being lumen.
        distance: float32 mm, negative in the lumen; zero is the wall.
        spread: float32 mm, one standard deviation of the wall's position along its normal.
        field: the Gaussian field this distance is known with.
        warnings: what a reader must know before trusting it, one line each.
    """

    probability: Volume
    distance: Volume
    spread: Volume
    field: MaternField
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cap:
    """A plane where a vessel leaves the field of view.

    Args:
        centre: world mm. normal: outward unit vector, world. radius_mm: of the equal-area disc.
    """

    centre: tuple[float, float, float]
    normal: tuple[float, float, float]
    radius_mm: float


@dataclass(frozen=True)
class PriorMeta:
    """Where a prior came from."""

    model: str = ""
    version: str = ""
    discarded_voxels: tuple[int, ...] = ()
    """Sizes of the components left out, largest first."""
    warnings: tuple[str, ...] = ()
    samples_from: str = ""
    """`posterior`: drawn given the scan; `field`: from σ_n and ℓ alone."""


@dataclass(frozen=True, eq=False)
class BoundaryPrior:
    """A Gaussian prior on the wall, for a flow solver: Ω = {max(φ, planes) < 0}.

    Args:
        distance: φ̄, mm, wall only (vessels go on through the caps), |∇φ̄| = 1 near the wall.
        spread: σ_n, mm, extended along normals.
        caps: inlets and outlets.
        field: σ_φ, ℓ, α of the field φ̄ is known with.
        meta: provenance.
        samples: (n, *grid) float32 mm, draws of φ, where they were asked for.
    """

    distance: Volume
    spread: Volume
    caps: tuple[Cap, ...]
    field: MaternField
    meta: PriorMeta = dataclasses.field(default_factory=PriorMeta)
    samples: NDArray[np.float32] | None = None
