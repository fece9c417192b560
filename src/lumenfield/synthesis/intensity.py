"""Grey values as vendors scale them; separate because nothing physical is left in them."""

from dataclasses import dataclass, field

from lumenfield.errors import InputError
from lumenfield.synthesis.draws import Draw, Range, check_range
from lumenfield.tensors import Fields

__all__ = ["INTENSITIES", "Intensity", "IntensityRanges", "draw_intensity", "graded"]

_GREATEST = 4095
"""What twelve bits hold."""

INTENSITIES: dict[str, Range] = {
    "integers": (200.0, 6000.0),
    "unit": (0.5, 1.0),
    "floats": (1e2, 1e6),
}
"""Grey value of the brightest voxel, by how a vendor writes images: log-uniform."""


@dataclass(frozen=True)
class IntensityRanges:
    """How grey values may be written.

    Args:
        kinds: weight of each entry of `INTENSITIES`. Integers are rounded, and cut at 4095 as
            twelve bits do.
        peak: grey value of the brightest voxel, where it is known; [0, 0] takes the kind's own.
        raised: chance that all values are raised by an offset, `offset` as a share of the peak.
    """

    kinds: dict[str, float] = field(
        default_factory=lambda: {"integers": 2.0, "unit": 1.0, "floats": 1.0}
    )
    peak: Range = (0.0, 0.0)
    raised: float = 0.1
    offset: Range = (0.0, 0.3)

    def __post_init__(self) -> None:
        unknown = sorted(set(self.kinds) - set(INTENSITIES))
        if unknown or not self.kinds or min(self.kinds.values()) < 0:
            raise InputError(
                f"intensity kinds {dict(self.kinds)}",
                f"known are {', '.join(INTENSITIES)} with weights of zero or more",
                "mend the recipe",
            )
        check_range("peak", self.peak, 0.0)
        check_range("offset", self.offset, 0.0)


@dataclass(frozen=True)
class Intensity:
    """One drawn scale.

    Args:
        peak: grey value of the brightest voxel, before the offset.
        offset: added to every voxel.
        integers: whether values are rounded to whole numbers and cut at 4095.
    """

    peak: float = 1000.0
    offset: float = 0.0
    integers: bool = False


def draw_intensity(draw: Draw, ranges: IntensityRanges) -> Intensity:
    """Draw one scale."""
    kind = draw.weighted(ranges.kinds)
    peak = draw.log_uniform(ranges.peak if ranges.peak[0] > 0 else INTENSITIES[kind])
    offset = draw.uniform(ranges.offset) * peak if draw.happens(ranges.raised) else 0.0
    return Intensity(peak, offset, kind == "integers")


def graded(signal: Fields, intensity: Intensity) -> Fields:
    """Write a signal as grey values."""
    values = signal * (intensity.peak / signal.amax().clamp(min=1e-12)) + intensity.offset
    return values.round_().clamp_(max=_GREATEST) if intensity.integers else values
