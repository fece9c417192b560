"""The iterative level set: the wall of largest posterior, one Gauss–Newton step at a time."""

from collections.abc import Generator
from dataclasses import dataclass

import torch

from lumenfield.datatypes import MaternField
from lumenfield.levelset import gradient_norm, redistance
from lumenfield.refinement.frame import Frame
from lumenfield.refinement.likelihood import Evidence
from lumenfield.refinement.look import View, known_at_first, look, scene_of
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
        field: φ̄ + δ, whose zero level is the wall. start: φ̄.
        view: the last look from there.
        thin: where the lumen is too narrow to show its own brightness.
    """

    field: Tensor
    start: Tensor
    view: View
    thin: Tensor
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
    scene = scene_of(magnitude, start, spacing, field, options)
    white = torch.zeros((1, 1, *prior.root.shape)).to(magnitude)
    moved, known, converged = start, known_at_first(scene), False
    for number in range(options.max_iterations + 1):
        view = look(scene, moved, known, number)
        if view.known.layers.ring > 0 and known.layers.ring == 0 and number > 0:
            # A wall drawn to the ring's outer edge goes back to where it began.
            white = torch.zeros_like(white)
            view = look(scene, start, known_at_first(scene), number)
        known = view.known
        if converged or number == options.max_iterations:
            break
        white, used, movement = _step(prior, white, view.evidence, view.frame, options)
        moved = start + prior.colour(white)
        converged = movement < options.tolerance and (known.settled or number > 7)
        yield Iteration(number, movement, view.evidence.chi2, used, known.point_spread)
    return Estimate(moved, start, view, scene.narrow, converged)


def _as_distance(field: Fields, spacing: tuple[float, ...]) -> Fields:
    """Redistance a field unless its slope at the wall is already one."""
    near = field.abs() < 2 * max(spacing)
    slope = gradient_norm(field, spacing)[near]
    if slope.numel() > 0 and (slope - 1).abs().mean() < _UNEVEN:
        return field
    return redistance(field, spacing, band=_BAND)


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
