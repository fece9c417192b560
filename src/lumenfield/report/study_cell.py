"""One cell of a study and its figures; separate as table, chart and page all read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean, stdev

__all__ = ["FIGURES", "StudyCell"]

FIGURES: dict[str, tuple[str, int]] = {
    "iou": ("IoU", 3),
    "dice": ("Dice", 3),
    "rms_voxels": ("wall rms voxels", 2),
    "rms_voxels_median": ("median scan", 2),
    "bias_voxels": ("bias voxels", 2),
    "missed": ("scans missed", 0),
    "steps": ("steps", 0),
    "seconds": ("seconds", 0),
    "peak_mb": ("peak MB", 0),
    "millions": ("million weights", 1),
}
"""Figure of a cell → what heads its column, and its digits.

Of figures with two digits or more the spread over seeds is told too.
"""


@dataclass(frozen=True)
class StudyCell:
    """One network on one grid under one loss.

    Args:
        figures: name → its value for each seed; at least `iou` and `rms_voxels`.
    """

    network: str
    ndim: int
    size: int
    loss: str
    figures: Mapping[str, tuple[float, ...]]

    @property
    def grid(self) -> str:
        """Say how many voxels, such as 64×64."""
        return "×".join([str(self.size)] * self.ndim)

    def mean(self, figure: str) -> float:
        """Average a figure over seeds."""
        return mean(self.figures[figure])

    def spread(self, figure: str) -> float:
        """Give the standard deviation over seeds; zero for one."""
        values = self.figures[figure]
        return stdev(values) if len(values) > 1 else 0.0

    def told(self, figure: str) -> str:
        """Write a figure with its spread."""
        values, digits = self.figures.get(figure, ()), FIGURES[figure][1]
        if not values:
            return "–"
        has_spread = len(values) > 1 and digits > 1
        spread = f" ± {stdev(values):.{digits}f}" if has_spread else ""
        return f"{mean(values):.{digits}f}{spread}".replace("-", "−")
