"""How two masks hang together; separate because lines and components know no distances."""

import numpy as np
from numpy.typing import NDArray

from lumenfield.evaluation.skeleton import skeleton

__all__ = ["betti0_error", "betti1_error", "cldice", "n_components", "n_tunnels"]

Mask = NDArray[np.bool_]


def cldice(predicted: Mask, truth: Mask) -> float:
    """Compare centrelines: does each mask hold the other's skeleton?

    2·tp·ts / (tp + ts), with tp = |S_P ∩ T| / |S_P| and ts = |S_T ∩ P| / |S_T| (Shit et al. 2021).
    1 if both masks are empty, 0 if one is. Works on single masks: there is no class to leave out.
    """
    if not predicted.any() or not truth.any():
        return float(predicted.any() == truth.any())
    predicted_line, true_line = skeleton(predicted), skeleton(truth)
    topology_precision = np.count_nonzero(predicted_line & truth) / np.count_nonzero(predicted_line)
    topology_recall = np.count_nonzero(true_line & predicted) / np.count_nonzero(true_line)
    total = topology_precision + topology_recall
    return 2 * topology_precision * topology_recall / total if total else 0.0


def betti0_error(predicted: Mask, truth: Mask) -> float:
    """Count the components too many or too few: |β₀(P) − β₀(T)|."""
    return float(abs(n_components(predicted) - n_components(truth)))


def n_components(mask: Mask) -> int:
    """Count connected components; voxels that share a corner are connected (8 or 26)."""
    from scipy import ndimage

    return int(ndimage.label(mask, structure=np.ones((3,) * mask.ndim))[1])


def betti1_error(predicted: Mask, truth: Mask) -> float:
    """Count the tunnels (2-D: holes) too many or too few: |β₁(P) − β₁(T)|."""
    return float(abs(n_tunnels(predicted) - n_tunnels(truth)))


def n_tunnels(mask: Mask) -> int:
    """Count the loops that cannot be drawn tight, from χ = β₀ − β₁ + β₂.

    β₂ counts the cavities: parts of the outside, joined by faces, that do not reach beyond the
    grid. In 2-D those are the loops themselves.
    """
    from scipy import ndimage
    from skimage.measure import euler_number

    cavities = int(ndimage.label(~np.pad(mask, 1))[1]) - 1
    if mask.ndim == 2:
        return cavities
    return n_components(mask) + cavities - int(euler_number(np.pad(mask, 1), connectivity=3))
