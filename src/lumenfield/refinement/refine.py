"""The iterative level set: the wall of largest posterior, one Gauss–Newton step at a time."""

from collections.abc import Generator
from dataclasses import dataclass

import torch
from torch.nn import functional

from lumenfield.datatypes import MaternField
from lumenfield.levelset import gradient_norm, redistance
from lumenfield.refinement.contrast import Contrast, local_contrast, windows_for
from lumenfield.refinement.edge import DEFAULT_POINT_SPREAD, occupancy
from lumenfield.refinement.frame import Frame, frame_of
from lumenfield.refinement.likelihood import Evidence, evidence_at, fit_point_spread
from lumenfield.refinement.noise import Noise, estimate_noise
from lumenfield.refinement.options import RefineOptions
from lumenfield.refinement.solver import (
    Whitened,
    conjugate_gradients,
    diagonal_guess,
    whitened_prior,
)
from lumenfield.tensors import Fields, Tensor

__all__ = ["Estimate", "Iteration", "refine"]

_BAND = 5.0
_THIN = 1.25
_UNEVEN = 0.1


@dataclass(frozen=True)
class Iteration:
    """One Gauss–Newton step.

    Args:
        movement: of the wall, root mean square, voxels.
        chi2: misfit per voxel of the edge before the step; 1 is perfect.
        cg_iterations: of the linear solver.
        point_spread: in use, voxels.
    """

    number: int
    movement: float
    chi2: float
    cg_iterations: int
    point_spread: float


@dataclass(frozen=True, eq=False)
class Estimate:
    """What the iterations ended with.

    Args:
        field: φ̄ + δ, whose zero level is the wall.
        frame: its distance, slope and bend.
        weight: W at the end, mm⁻².
        thin: where the lumen is too narrow to show its own brightness.
    """

    field: Tensor
    frame: Frame
    weight: Tensor
    thin: Tensor
    noise: Noise
    contrast: Contrast
    evidence: Evidence
    point_spread: float
    converged: bool


def refine(
    magnitude: Fields,
    distance: Fields,
    spacing: tuple[float, ...],
    field: MaternField,
    options: RefineOptions = RefineOptions(),  # noqa: B008
) -> Generator[Iteration, None, Estimate]:
    """Move the wall to where prior and scan together put it.

    Minimises ½ δᵀC⁻¹δ + ½ β Σ (I − Î(φ̄ + δ))²/var over δ = C^½ y by Gauss–Newton:
    (I + C^½WC^½) y = C^½ (Wδ + pull). δ stays relative to φ̄ throughout, so the prior never
    drifts; the distance to the moved wall is found anew at each step.

    Args:
        magnitude: one scan, finite.
        distance: φ̄, mm.
        spacing: mm.
        field: what is known of the error of φ̄.

    Returns:
        The estimate, as the generator's value.
    """
    start = _as_distance(distance, spacing)
    prior = whitened_prior(magnitude, spacing, field)
    windows = windows_for(magnitude, spacing, options.window)
    narrow = thin_lumen(start, spacing)
    near = (start.abs() < _BAND * max(spacing)).to(magnitude)
    spread = options.point_spread or DEFAULT_POINT_SPREAD
    white = torch.zeros((1, 1, *prior.root.shape)).to(magnitude)
    moved, first, converged = start, None, False
    for number in range(options.max_iterations + 1):
        frame = frame_of(moved, spacing)
        share = occupancy(frame, spread)
        contrast = local_contrast(magnitude, share, near, windows)
        first = first or contrast
        contrast = _kept_where(narrow, first, contrast)
        noise = estimate_noise(magnitude, share, near, contrast, options.noise_gain)
        if options.point_spread is None and number >= 2:
            spread = fit_point_spread(magnitude, frame, contrast, noise, options.model_error)
        evidence = evidence_at(
            magnitude,
            frame,
            spread,
            contrast,
            noise,
            model_error=options.model_error,
            outlier=options.outlier,
        )
        if converged or number == options.max_iterations:
            break
        white, used, movement = _step(prior, white, evidence, frame, options)
        moved = start + prior.colour(white)
        converged = movement < options.tolerance and number >= 3
        yield Iteration(number, movement, evidence.chi2, used, spread)
    return Estimate(
        moved, frame, evidence.weight, narrow, noise, contrast, evidence, spread, converged
    )


def _as_distance(field: Fields, spacing: tuple[float, ...]) -> Fields:
    """Redistance a field unless its slope at the wall is already one."""
    near = field.abs() < 2 * max(spacing)
    slope = gradient_norm(field, spacing)[near]
    if slope.numel() > 0 and (slope - 1).abs().mean() < _UNEVEN:
        return field
    return redistance(field, spacing, band=_BAND)


def thin_lumen(distance: Fields, spacing: tuple[float, ...]) -> Tensor:
    """Find where the lumen is under 2.5 voxels across: near no voxel deeper than 1.25 voxels."""
    depth = -distance / max(spacing)
    deep = (depth > _THIN).to(distance)
    pool = functional.max_pool2d if len(spacing) == 2 else functional.max_pool3d
    wide = pool(deep, 7, stride=1, padding=3)
    return (depth.abs() < 2.5) & (wide == 0)


def _step(
    prior: Whitened, white: Tensor, evidence: Evidence, frame: Frame, options: RefineOptions
) -> tuple[Tensor, int, float]:
    weight = evidence.weight
    target, used = conjugate_gradients(
        lambda y: y + prior.gather(weight * prior.colour(y)),
        prior.gather(weight * prior.colour(white) + evidence.pull),
        white,
        precondition=diagonal_guess(prior, weight),
        tolerance=options.cg_tolerance,
        max_iterations=options.cg_max_iterations,
    )
    step = target - white
    at_wall = frame.distance.abs() < frame.voxel
    shift = (prior.colour(step) / frame.slope / frame.voxel)[at_wall].abs()
    if shift.numel() == 0:
        return target, used, 0.0
    share = min(1.0, options.max_step / max(shift.max().item(), 1e-12))
    return white + share * step, used, share * shift.square().mean().sqrt().item()


def _kept_where(narrow: Tensor, first: Contrast, now: Contrast) -> Contrast:
    pairs = zip(vars(first).values(), vars(now).values(), strict=True)
    return Contrast(*(torch.where(narrow, old, new) for old, new in pairs))
