"""From a scan to a first distance with a first error bar, by trained networks."""

from lumenfield.inference.calibrate import calibrate
from lumenfield.inference.familiar import (
    Doubt,
    caution_of_size,
    certainty,
    doubt_of,
    doubted,
)
from lumenfield.inference.memory import free_memory_gb, parked, release
from lumenfield.inference.options import PredictOptions
from lumenfield.inference.orientation import Turn, turn_upright
from lumenfield.inference.segment import check_scan, predict, seen_spacing
from lumenfield.inference.tiles import tiled

__all__ = [
    "Doubt",
    "PredictOptions",
    "Turn",
    "calibrate",
    "caution_of_size",
    "certainty",
    "check_scan",
    "doubt_of",
    "doubted",
    "free_memory_gb",
    "parked",
    "predict",
    "release",
    "seen_spacing",
    "tiled",
    "turn_upright",
]
