"""How much two masks share; separate because these few lines need nothing but two masks.

Nothing predicted where nothing is true is a perfect overlap.
"""

import numpy as np
from numpy.typing import NDArray

from lumenfield.evaluation.undefined import Undefined

__all__ = ["dice", "iou", "precision", "recall", "volume_error"]

Mask = NDArray[np.bool_]


def iou(predicted: Mask, truth: Mask) -> float:
    """Divide what is shared by what either holds: |P ∩ T| / |P ∪ T|; 1 if both are empty."""
    return _ratio(_count(predicted & truth), _count(predicted | truth))


def dice(predicted: Mask, truth: Mask) -> float:
    """Divide what is shared by the mean size: 2|P ∩ T| / (|P| + |T|); 1 if both are empty."""
    return _ratio(2 * _count(predicted & truth), _count(predicted) + _count(truth))


def precision(predicted: Mask, truth: Mask) -> float:
    """Give the part of the prediction that is true: |P ∩ T| / |P|.

    Nothing predicted is 1 where nothing is true and 0, the worst case, elsewhere.
    """
    if not predicted.any():
        return 0.0 if truth.any() else 1.0
    return _ratio(_count(predicted & truth), _count(predicted))


def recall(predicted: Mask, truth: Mask) -> float:
    """Give the part of the truth that is predicted: |P ∩ T| / |T|; 1 if both are empty.

    Raises:
        Undefined: something is predicted where nothing is true.
    """
    if predicted.any() and not truth.any():
        raise Undefined("the truth is empty: nothing could be recalled")
    return _ratio(_count(predicted & truth), _count(truth))


def volume_error(predicted: Mask, truth: Mask) -> float:
    """Give the relative error in volume, (|P| − |T|) / |T|; positive: too much was predicted.

    Nothing predicted is −1 where something is true, 0 where nothing is.

    Raises:
        Undefined: something is predicted where nothing is true.
    """
    if predicted.any() and not truth.any():
        raise Undefined("the truth is empty: a relative error needs its volume")
    return (_count(predicted) - _count(truth)) / max(_count(truth), 1)


def _count(mask: Mask) -> int:
    return int(np.count_nonzero(mask))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
