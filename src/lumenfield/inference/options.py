"""How networks are run; separate so that options can be read without the networks."""

from dataclasses import dataclass
from typing import Literal

from lumenfield.devices import DeviceName
from lumenfield.errors import InputError

__all__ = ["PredictOptions"]


@dataclass(frozen=True)
class PredictOptions:
    """How to run the networks.

    Args:
        flips: mirrored copies to average: none, one for each axis (none of an enlarged scan), or
            all of them.
        dropouts: further copies of each network, with channels silenced as dropout did in training;
            their disagreement joins the spread, as that of networks does.
        scales: enlargements of the scan at which vessels are looked for. Thin ones show at a
            larger scale; what lies in no place where all scales agree is dropped.
        wide: also look at volumes at half size, for vessels more than 16 voxels across.
        tile: edge of a cube of as many voxels as a close look takes at once; smaller needs less
            memory.
        least_voxels: components smaller than this are taken for specks and dropped.
        precision: `auto` takes bfloat16 where the hardware gains from it.
        quiet: logit below which a first look, not mirrored and not enlarged, must stay all over a
            place for that look to be the last; infinite to look everywhere with all means.
        compiled: compile the networks for a GPU; gains only over many scans.
        max_memory_gb: what the process may hold in all; 0 takes the machine's free memory.
    """

    device: DeviceName = "auto"
    flips: Literal["none", "axes", "all"] = "axes"
    dropouts: int = 0
    scales: tuple[float, ...] = (1.0, 1.5)
    wide: bool = True
    tile: int = 128
    least_voxels: int = 20
    precision: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    quiet: float = 2.0
    compiled: bool = False
    max_memory_gb: float = 0.0

    def __post_init__(self) -> None:
        if not self.scales or not all(0.25 <= scale <= 4 for scale in self.scales):
            raise InputError(
                f"scales are {self.scales}", "one or more between 0.25 and 4", "take (1.0, 1.5)"
            )
        if self.tile < 16 or min(self.least_voxels, self.dropouts) < 0:
            raise InputError(
                f"tile {self.tile}, least_voxels {self.least_voxels}, dropouts {self.dropouts}",
                "a tile has 16 voxels or more, a count at least 0",
                "leave them at 128, 20 and 0",
            )
        if not self.quiet > 0 or not 0 <= self.max_memory_gb < float("inf"):
            raise InputError(
                f"quiet {self.quiet}, max_memory_gb {self.max_memory_gb}",
                "the first is above 0, the second a number of gigabytes, or 0",
                "leave them at 2 and 0",
            )
