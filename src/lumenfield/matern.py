"""The correlation of a Matérn field; separate because a calibration fits it and radii use it."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["matern_correlation"]


def matern_correlation(lag: NDArray[np.float64], smoothness: float) -> NDArray[np.float64]:
    """Correlation at distances in units of ℓ: 2^(1−ν)/Γ(ν) r^ν K_ν(r).

    The spectrum of such a field is (1 + ℓ²k²)^(−α), α = ν + ndim/2.
    """
    from scipy.special import gamma, kv

    r = np.maximum(np.asarray(lag, dtype=np.float64), 1e-9)
    if smoothness == 1.5:
        return np.asarray((1 + r) * np.exp(-r))
    return np.asarray(2 ** (1 - smoothness) / gamma(smoothness) * r**smoothness * kv(smoothness, r))
