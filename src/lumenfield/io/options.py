"""What to take from a file that holds more than one scan, or says too little of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lumenfield.errors import InputError

__all__ = ["ReadOptions", "Time"]

Time = Literal["mean", "all"] | int
"""One scan of a series in time: the mean of its frames, one frame (from 0), or every frame."""


@dataclass(frozen=True)
class ReadOptions:
    """How to read a scan.

    Args:
        spacing: voxel edges in mm, one an axis, instead of the file's; directions stay.
        array: name of an array, where the file holds several.
        series: name, number or UID of a DICOM series, where the folder holds several.
        time: for a scan with a time axis.
    """

    spacing: tuple[float, ...] | None = None
    array: str | None = None
    series: str | None = None
    time: Time | None = None

    def __post_init__(self) -> None:
        if isinstance(self.time, int) and self.time < 0:
            raise InputError(f"time {self.time}", "frames count from 0", "pass --time 0 or more")

    @staticmethod
    def edges(spacing: Sequence[float] | None) -> tuple[float, ...] | None:
        """Make voxel edges of any sequence of numbers."""
        return None if spacing is None else tuple(float(edge) for edge in spacing)
