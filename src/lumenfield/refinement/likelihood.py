"""What one look at the scan says about the wall; separate from how the wall is then moved."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from lumenfield.refinement.contrast import Contrast
from lumenfield.refinement.edge import DEFAULT_POINT_SPREAD
from lumenfield.refinement.frame import Frame
from lumenfield.refinement.noise import Noise, huber_deviation
from lumenfield.refinement.rician import rician_mean, rician_signal, rician_slope
from lumenfield.refinement.tissue import Tissue
from lumenfield.tensors import Fields, Tensor

__all__ = ["Evidence", "evidence_at", "expected", "fit_point_spread"]

_SIGNIFICANT = 2.0
"""A contrast below this many of its own standard deviations is no contrast."""

_EDGE = 2.0
"""Voxels on either side of the wall over which misfit is judged."""

_SPREAD_OF_POINT_SPREADS = 0.2
_CANDIDATES = tuple(0.30 + 0.05 * k for k in range(25))


@dataclass(frozen=True, eq=False)
class Evidence:
    """The likelihood's slope and bend in δ at each voxel, and how well it fits.

    Args:
        weight: W = β J²/var, mm⁻². pull: β J (I − Î)/var, mm⁻¹.
        chi2: mean of (I − Î)²/var within two voxels of the wall.
        contrast_to_noise: median over those voxels.
    """

    weight: Tensor
    pull: Tensor
    chi2: float
    contrast_to_noise: float


def evidence_at(
    magnitude: Fields,
    frame: Frame,
    tissue: Tissue,
    contrast: Contrast,
    noise: Noise,
    *,
    model_error: float,
    outlier: float,
) -> Evidence:
    """Linearise the misfit about a wall.

    J = ∂Î/∂δ = (f_in − f_out) ∂m/∂φ / |∇u|, with a ring's outer edge besides. Outliers count as
    Huber would; what is an outlier is judged by the residuals at hand, so a wall that is still far
    off is not taken for one.
    """
    mean, slope, variance = expected(tissue, contrast, noise, model_error)
    residual = magnitude - mean
    slope = slope / frame.slope
    edge = frame.distance.abs() < _EDGE * frame.voxel
    scaled = residual / variance.sqrt()
    limit = outlier * max(1.0, huber_deviation(scaled[edge]))
    trust = noise.gain * limit / scaled.abs().clamp(min=limit) * _significance(contrast, noise)
    ratio = (contrast.inside - contrast.outside).abs() / variance.sqrt()
    found = bool(edge.any())
    return Evidence(
        weight=trust * slope.square() / variance,
        pull=trust * slope * residual / variance,
        chi2=scaled[edge].square().mean().item() if found else 0.0,
        contrast_to_noise=ratio[edge].median().item() if found else 0.0,
    )


def fit_point_spread(
    magnitude: Fields,
    edge: Tensor,
    contrast: Contrast,
    noise: Noise,
    model_error: float,
    tissue_with: Callable[[float], Tissue],
) -> float:
    """Find the point spread, in voxels, at which the edge is most likely.

    Minimises Σ β min(r², 9)/var over the edge plus ((s − 0.55)/0.2)² on a grid, then on the
    parabola through the least three.

    Args:
        edge: which voxels belong to it.
        tissue_with: the tissues at a point spread, of the edge's voxels alone.
    """
    if not edge.any():
        return DEFAULT_POINT_SPREAD
    light = Contrast(*(t[edge] for t in vars(contrast).values()))
    seen = magnitude[edge]

    def cost(spread: float) -> float:
        mean, _, variance = expected(tissue_with(spread), light, noise, model_error)
        misfit = ((seen - mean).square() / variance).clamp(max=9).sum().item()
        return (
            noise.gain * misfit + ((spread - DEFAULT_POINT_SPREAD) / _SPREAD_OF_POINT_SPREADS) ** 2
        )

    costs = [cost(s) for s in _CANDIDATES]
    least = min(range(len(costs)), key=costs.__getitem__)
    if least in (0, len(costs) - 1):
        return _CANDIDATES[least]
    left, middle, right = costs[least - 1 : least + 2]
    return _CANDIDATES[least] + 0.025 * (left - right) / (left - 2 * middle + right)


def expected(
    tissue: Tissue, contrast: Contrast, noise: Noise, model_error: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean of the magnitude, its slope in φ, and its variance.

    The variance is that of the noise, of each class's own unevenness, and of the model: a share of
    the contrast everywhere, and a ring whose thickness varies.
    """
    beyond, outside, inside = (
        rician_signal(t, noise.rician) for t in (contrast.beyond, contrast.outside, contrast.inside)
    )
    signal = beyond + (outside - beyond) * tissue.within + (inside - outside) * tissue.lumen
    slope = (outside - beyond) * tissue.within_slope + (inside - outside) * tissue.slope
    mean = rician_mean(signal, noise.rician)
    floor = (model_error * (contrast.inside - contrast.outside)).square() + _rounding(contrast)
    if tissue.ring > 0:
        floor = floor + ((contrast.outside - contrast.beyond) * tissue.thickness_error()).square()
    variance = noise.outside**2 + (noise.inside**2 - noise.outside**2) * tissue.lumen
    if noise.rician > 0:
        pure = signal.square() + 2 * noise.rician**2 - mean.square()
        variance = torch.maximum(variance, pure)
    return mean, slope * rician_slope(signal, noise.rician), variance + floor


def _significance(contrast: Contrast, noise: Noise) -> Tensor:
    """Shrink a contrast towards none where the windows cannot tell it from none."""
    error = noise.inside**2 / (noise.gain * contrast.voxels_inside + 1)
    error = error + noise.outside**2 / (noise.gain * contrast.voxels_outside + 1)
    error = error + _rounding(contrast)
    square = (contrast.inside - contrast.outside).square()
    return (1 - _SIGNIFICANT**2 * error / square.clamp(min=1e-30)).clamp(min=0)


def _rounding(contrast: Contrast) -> Tensor:
    """Variance that even a constant image has."""
    return (1e-4 * torch.maximum(contrast.inside.abs(), contrast.outside.abs())).square() + 1e-30
