"""What a user may change in a refinement; separate because every step of it reads a part."""

from dataclasses import dataclass

from lumenfield.devices import DeviceName
from lumenfield.errors import InputError

__all__ = ["RefineOptions"]


@dataclass(frozen=True)
class RefineOptions:
    """Choices of the refinement. Lengths are in voxels, along the wall's normal.

    Args:
        point_spread: standard deviation s of the scan's point spread; None estimates it.
        window: full width at half maximum of the window of the local means.
        noise_gain: β, how much of the noise's information is independent, in (0, 1]; None
            estimates it from the scan (≈ f^(−d) after zero-filling by f on each axis).
        model_error: misfit that no edge model avoids, as a fraction of the contrast.
        graded: the lumen may be dimmer at the wall than in the middle.
        ring: a band of other brightness may lie around the lumen.
        outlier: residuals beyond this many standard deviations are weighted down (Huber).
        tolerance: stop when the wall moves less than this, root mean square.
        max_step: the wall moves no further than this in one iteration.
        cg_tolerance: relative residual at which the linear solver stops.
        samples: posterior samples that the spread is made from.
        keep_samples: also return the samples of the distance.
        calibrate: scale the spread by what it was short of, or over, on drawn scans like this one.
        seed: of the posterior samples.
        max_box: voxels refined at once; a larger grid is cut into overlapping boxes.
    """

    point_spread: float | None = None
    window: float = 6.0
    noise_gain: float | None = None
    model_error: float = 0.01
    graded: bool = True
    ring: bool = True
    outlier: float = 2.5
    tolerance: float = 0.02
    max_step: float = 0.5
    max_iterations: int = 15
    cg_tolerance: float = 0.005
    cg_max_iterations: int = 100
    samples: int = 32
    keep_samples: bool = False
    calibrate: bool = True
    seed: int = 0
    max_box: int = 2_000_000
    device: DeviceName = "cpu"

    def __post_init__(self) -> None:
        if self.samples < 4:
            raise InputError(
                f"samples is {self.samples}", "a spread needs at least 4", "leave it at 32"
            )
        if self.point_spread is not None and not 0.2 <= self.point_spread <= 3:
            raise InputError(
                f"point_spread is {self.point_spread:g} voxels",
                "an edge is between 0.2 and 3 voxels wide",
                "leave it out to have it estimated",
            )
        if self.noise_gain is not None and not 0 < self.noise_gain <= 1:
            raise InputError(
                f"noise_gain is {self.noise_gain:g}", "it lies in (0, 1]", "use 1 for white noise"
            )
