"""What drawn vessels may be like; separate because every drawing function reads it."""

from dataclasses import dataclass, field

from lumenfield.errors import InputError
from lumenfield.synthesis.draws import Range, check_range

__all__ = ["SLIGHT_VOXELS", "THIN_VOXELS", "AnatomyRanges"]

THIN_VOXELS = 0.9
"""Least radius of a branch or a throat: any thinner, and its voxels need not touch (√3/2)."""

SLIGHT_VOXELS = 1.2
"""Radius that branches and throats may always have, however thick the main vessels are."""


@dataclass(frozen=True)
class AnatomyRanges:
    """What vessels may be like.

    Args:
        kinds: weight of each entry of `ANATOMIES`, or of a function of one's own that is named as
            `module:attribute` and takes (draw, ranges, extent_mm, voxel_mm).
        radius_voxels: of the main vessels, log-uniform, in the longest voxel edge.
        radius_mm: of the main vessels in real sizes, if given; kept within `radius_voxels`.
        trees: how many main vessels.
        branches: how many branches each may have.
        bend: greatest curvature times radius of the centreline; 0.4 is a carotid siphon.
        stenosis: chance of a narrowing; `stenosis_depth` its c.
        aneurysm: chance of a bulge or sac.
        roughness: standard deviation of the wall's displacement over the radius.
    """

    kinds: dict[str, float] = field(default_factory=lambda: {"tree": 1.0})
    radius_voxels: Range = (1.2, 12.0)
    radius_mm: Range | None = None
    trees: tuple[int, int] = (1, 3)
    branches: tuple[int, int] = (0, 3)
    bend: Range = (0.0, 0.35)
    stenosis: float = 0.25
    stenosis_depth: Range = (0.2, 0.8)
    aneurysm: float = 0.1
    roughness: Range = (0.0, 0.12)

    def __post_init__(self) -> None:
        # Late: the table's functions take these ranges.
        from lumenfield.synthesis.anatomy import ANATOMIES

        unknown = [name for name in self.kinds if name not in ANATOMIES and ":" not in name]
        if unknown or not self.kinds or min(self.kinds.values()) < 0:
            raise InputError(
                f"anatomy kinds {dict(self.kinds)}",
                f"known are {', '.join(ANATOMIES)} and module:attribute, with weights of zero "
                "or more",
                "mend the recipe",
            )
        check_range("radius_voxels", self.radius_voxels, 0.5)
        if self.radius_mm:
            check_range("radius_mm", self.radius_mm, 0.1)
        check_range("trees", self.trees, 1.0)
        check_range("branches", self.branches, 0.0)
        check_range("bend", self.bend, 0.0)
        check_range("stenosis_depth", self.stenosis_depth, 0.0)
        check_range("roughness", self.roughness, 0.0)
