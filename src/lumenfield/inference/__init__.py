"""From a scan to a first distance with a first error bar, by trained networks."""

from lumenfield.inference.calibrate import calibrate
from lumenfield.inference.segment import PredictOptions, check_scan, predict
from lumenfield.inference.tiles import tiled

__all__ = ["PredictOptions", "calibrate", "check_scan", "predict", "tiled"]
