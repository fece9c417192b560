"""A family of MR contrast, as ranges; separate because recipes are written in these words."""

from dataclasses import dataclass, field

from lumenfield.synthesis.draws import Range, check_range
from lumenfield.synthesis.intensity import IntensityRanges
from lumenfield.synthesis.scanner import ScannerRanges
from lumenfield.synthesis.tissue import TissueRanges

__all__ = ["Family"]


@dataclass(frozen=True)
class Family:
    """One family of MR contrast, as ranges.

    Args:
        lumen: signal of the lumen; the reference is one.
        inverted: whether the lumen is darker than its surroundings.
        least_contrast: the lumen differs from what touches it by at least this share of one.
        texture: standard deviation of the relative signal variation everywhere, and
            `texture_voxels` its correlation length. It covers the lumen too: it must not tell
            where the lumen is.
        unevenness: the same for the lumen's own slow variation (inflow, saturation).
        inflow: share of the signal that the slow flow beside the wall lacks, as in time-of-flight
            and phase-contrast scans; it recovers over `inflow_voxels` from the wall.
        graded: share of the lumen's signal lost from one side of the field of view to the other,
            as blood is saturated on its way.
        turn: phase that the usual mean velocity gives, radians; its spread within a voxel
            dephases the edge of a fast flow.
        disturbed: chance that flow behind throats is disturbed, by `turbulence` radians.
        wall: chance of a wall ring of `wall_level`, `wall_voxels` thick; darker than the lumen,
            unless `bright_wall`.
        coil: standard deviation of the logarithm of the coil sensitivity.
        turned_over: chance that all contrast is turned over before there is noise.
    """

    lumen: Range = (0.7, 1.0)
    inverted: bool = False
    least_contrast: float = 0.2
    texture: Range = (0.0, 0.1)
    texture_voxels: Range = (1.0, 4.0)
    unevenness: Range = (0.0, 0.15)
    inflow: Range = (0.0, 0.0)
    inflow_voxels: Range = (0.7, 4.0)
    graded: Range = (0.0, 0.0)
    turn: Range = (0.0, 1.5)
    disturbed: float = 0.3
    turbulence: Range = (0.3, 1.5)
    wall: float = 0.3
    wall_level: Range = (0.0, 0.3)
    wall_voxels: Range = (0.5, 2.0)
    bright_wall: bool = False
    coil: Range = (0.0, 0.25)
    turned_over: float = 0.0
    tissue: TissueRanges = field(default_factory=TissueRanges)
    scanner: ScannerRanges = field(default_factory=ScannerRanges)
    intensity: IntensityRanges = field(default_factory=IntensityRanges)

    def __post_init__(self) -> None:
        zero = ("lumen", "texture", "unevenness", "inflow", "graded", "turn", "turbulence")
        for name in (*zero, "wall_level", "wall_voxels", "coil"):
            check_range(name, getattr(self, name), 0.0)
        check_range("texture_voxels", self.texture_voxels, 0.5)
        check_range("inflow_voxels", self.inflow_voxels, 0.1)
