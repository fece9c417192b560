"""Fronts that move along their normals; separate because the motion is ours and is tested alone."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch

from lumenfield.levelset.redistance import redistance
from lumenfield.levelset.stencils import ONE_SIDED, curvature, gradient_norm, upwind_norm
from lumenfield.tensors import Fields

__all__ = ["Frame", "Motion", "evolve", "stable_step"]


@dataclass(frozen=True)
class Motion:
    """How to integrate φ_t + V|∇φ| = b κ|∇φ|.

    Args:
        order: `first` is Euler with first-order upwinding; `weno5` is TVD-RK3 with WENO5.
        curvature: b ≥ 0 in mm² per unit time; smooths the wall.
        courant: the share α of the stable step; by default 0.5 for `first`, 0.9 for `weno5`.
        redistance_every: steps between redistancings; 0 never does it.
    """

    order: Literal["first", "weno5"] = "first"
    curvature: float = 0.0
    courant: float | None = None
    redistance_every: int = 5


@dataclass(frozen=True, eq=False)
class Frame:
    """The front at one instant: `distance` like the start, `time` since it, steps `taken`."""

    distance: Fields
    time: float
    taken: int


def evolve(
    phi: Fields, speed: Fields, spacing: tuple[float, ...], duration: float, motion: Motion
) -> Iterator[Frame]:
    """Move fronts along their normals and yield each step, the start included.

    φ_t + V|∇φ| = b κ|∇φ|. A speed of zero everywhere ends at once with the front unmoved.

    Args:
        phi: signed distance, mm.
        speed: V in mm per unit time; positive grows the vessel.
        duration: at least zero.

    Source: Osher & Sethian, J. Comput. Phys. 79 (1988) 12; Shu & Osher, ibid. 77 (1988) 439.
    """
    yield Frame(phi, 0.0, 0)
    longest = stable_step(speed, spacing, motion)
    if duration <= 0 or not math.isfinite(longest):
        return
    steps = math.ceil(duration / longest)
    dt = duration / steps
    for taken in range(1, steps + 1):
        phi = _advance(phi, speed, spacing, dt, motion)
        if motion.redistance_every and (taken % motion.redistance_every == 0 or taken == steps):
            phi = redistance(phi, spacing)
        yield Frame(phi, taken * dt, taken)


def stable_step(speed: Fields, spacing: tuple[float, ...], motion: Motion) -> float:
    """Compute the longest stable step, α / (max|V| √Σh⁻² + 2b Σh⁻²); infinite if nothing moves."""
    default = 0.5 if motion.order == "first" else 0.9
    inverse_square = sum(1 / h**2 for h in spacing)
    fastest = float(speed.abs().max())
    rate = fastest * math.sqrt(inverse_square) + 2 * motion.curvature * inverse_square
    return (motion.courant or default) / rate if rate > 0 else math.inf


def _advance(
    phi: Fields, speed: Fields, spacing: tuple[float, ...], dt: float, motion: Motion
) -> Fields:
    def euler(now: Fields) -> Fields:
        side = ONE_SIDED[motion.order]
        rate = -speed * upwind_norm(now, speed, spacing, side)
        if motion.curvature:
            bend = curvature(now, spacing) * gradient_norm(now, spacing)
            rate = rate + motion.curvature * bend
        return now + dt * rate

    if motion.order == "first":
        return euler(phi)
    second = 0.75 * phi + 0.25 * euler(euler(phi))
    return torch.lerp(phi, euler(second), 2 / 3)
