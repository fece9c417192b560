"""When not to believe a refinement; separate so that every limit stands in one place."""

from lumenfield.datatypes import MaternField
from lumenfield.refinement.refine import Estimate
from lumenfield.tensors import Tensor

__all__ = ["cautions", "signal_to_noise"]

_FITS = (0.7, 1.4)
_NOISE_RULES = 50.0
"""Contrast over noise beyond which the model's own error, not the noise, sets the misfit."""
_TEXTURE = 0.3
_UNSEEN = 0.9


def cautions(
    estimates: list[Estimate], spreads: list[Tensor], field: MaternField
) -> tuple[str, ...]:
    """Say in one line each what makes a result doubtful; every line once."""
    if not estimates:
        return ("no wall in the volume: nothing was refined",)
    lines: dict[str, None] = {}
    for estimate, spread in zip(estimates, spreads, strict=True):
        lines |= dict.fromkeys(_of_box(estimate, spread, field))
    return tuple(lines)


def signal_to_noise(estimate: Estimate) -> float:
    """Compute the lumen's mean over the noise of one complex component in it."""
    wall = estimate.frame.distance.abs() < estimate.frame.voxel
    if not wall.any():
        return 0.0
    mean = estimate.contrast.inside[wall].median().item()
    return mean / max(estimate.noise.rician or estimate.noise.inside, 1e-30)


def _of_box(estimate: Estimate, spread: Tensor, field: MaternField) -> list[str]:
    found, chi2, ndim = [], estimate.evidence.chi2, spread.ndim - 2
    wall = estimate.frame.distance.abs() < estimate.frame.voxel
    seen = wall.any() and spread[wall].median().item() < _UNSEEN * field.spread_mm
    if not seen:
        return ["the scan shows no wall near the first one: it was left where it was"]
    if not estimate.converged:
        found.append("the wall was still moving at the last iteration: raise max_iterations")
    low = chi2 < _FITS[0] and estimate.evidence.contrast_to_noise < _NOISE_RULES
    if low or chi2 > _FITS[1]:
        found.append(
            f"the edge model fits badly (χ² is {chi2:.2f} per voxel, "
            f"{_FITS[0]:g} to {_FITS[1]:g} is good): do not trust the spread"
        )
    if estimate.noise.texture > _TEXTURE or estimate.noise.gain < 3.0**-ndim:
        found.append(
            "what should be noise is alike over several voxels (texture, or strong interpolation): "
            "walls may follow it"
        )
    if bool((estimate.thin & wall).any()):
        found.append(
            "parts of the lumen are under 2.5 voxels across: their brightness was taken from "
            "elsewhere and their spread is at least a quarter of a voxel"
        )
    return found
