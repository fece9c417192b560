"""Fronts that move along their normals or with a flow; separate because the motion is ours."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import torch

from lumenfield.errors import InputError
from lumenfield.levelset.carry import carry_from_wall
from lumenfield.levelset.rates import Region, along_flow, along_normal, whole, within
from lumenfield.levelset.redistance import redistance
from lumenfield.tensors import Fields, Tensor

__all__ = ["Frame", "Motion", "advect", "evolve", "stable_step"]

Rate = Callable[[Fields, Region], Tensor]


@dataclass(frozen=True)
class Motion:
    """How to integrate φ_t + V|∇φ| = b κ|∇φ|.

    Args:
        order: `first` is Euler with first-order upwinding; `weno5` is TVD-RK3 with WENO5.
        curvature: b ≥ 0 in mm² per unit time; smooths the wall.
        courant: the share α of the stable step; by default 0.5 for `first`, 0.9 for `weno5`.
        redistance_every: steps between redistancings; 0 never does it.
        extend: take the speed from the closest point of the wall, V_ext(x) = V(y).
        band: move only what is nearer to the front, in longest voxel edges; φ ends at ± it.
            Six and more give the front of the whole grid.

    Raises:
        InputError: negative curvature, or a band that is too narrow or never redistanced.
    """

    order: Literal["first", "weno5"] = "first"
    curvature: float = 0.0
    courant: float | None = None
    redistance_every: int = 5
    extend: bool = False
    band: float | None = None

    def __post_init__(self) -> None:
        if self.curvature < 0:
            came = f"curvature {self.curvature}"
            raise InputError(came, "it smooths where positive and blows up where not", "use ≥ 0")
        if self.band is not None and (self.band < 4 or self.redistance_every < 1):
            came = f"band {self.band} redistanced every {self.redistance_every} steps"
            todo = "set band=6 and redistance_every=5, or band=None"
            raise InputError(came, "a band is at least 4 wide and follows its front", todo)


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

    def rate_from(front: Fields) -> Rate:
        near = carry_from_wall(speed, front, spacing) if motion.extend else speed
        return lambda now, region: along_normal(
            now, near, motion.curvature, spacing, motion.order, region
        )

    longest = stable_step(speed, spacing, motion)
    return _march(phi, rate_from, longest, spacing, duration, motion)


def advect(
    phi: Fields, flow: Tensor, spacing: tuple[float, ...], duration: float, motion: Motion
) -> Iterator[Frame]:
    """Carry fronts with a flow, φ_t + u·∇φ = 0, and yield each step, the start included.

    Args:
        flow: u in mm per unit time, batch ndim *grid.
        motion: its curvature and `extend` do not matter here.
    """
    largest = [float(flow[:, axis].abs().max()) / h for axis, h in enumerate(spacing)]
    longest = _courant(motion) / sum(largest) if sum(largest) > 0 else math.inf

    def rate_from(front: Fields) -> Rate:
        return lambda now, region: along_flow(now, flow, spacing, motion.order, region)

    return _march(phi, rate_from, longest, spacing, duration, motion)


def stable_step(speed: Fields, spacing: tuple[float, ...], motion: Motion) -> float:
    """Compute the longest stable step, α / (max|V| √Σh⁻² + 2b Σh⁻²); infinite if nothing moves."""
    inverse_square = sum(1 / h**2 for h in spacing)
    fastest = float(speed.abs().max())
    rate = fastest * math.sqrt(inverse_square) + 2 * motion.curvature * inverse_square
    return _courant(motion) / rate if rate > 0 else math.inf


def _courant(motion: Motion) -> float:
    return motion.courant or (0.5 if motion.order == "first" else 0.9)


def _march(
    phi: Fields,
    rate_from: Callable[[Fields], Rate],
    longest: float,
    spacing: tuple[float, ...],
    duration: float,
    motion: Motion,
) -> Iterator[Frame]:
    yield Frame(phi, 0.0, 0)
    if duration <= 0 or not math.isfinite(longest):
        return
    steps = math.ceil(duration / longest)
    dt = duration / steps
    rate, region = rate_from(phi), _region(phi, spacing, motion)
    for taken in range(1, steps + 1):
        phi = _advance(phi, rate, region, dt, motion)
        if motion.redistance_every and (taken % motion.redistance_every == 0 or taken == steps):
            far: Literal["transform", "clip"] = "transform" if motion.band is None else "clip"
            phi = redistance(phi, spacing, band=motion.band or 4.0, far=far)
            rate, region = rate_from(phi), _region(phi, spacing, motion)
        yield Frame(phi, taken * dt, taken)


def _region(phi: Fields, spacing: tuple[float, ...], motion: Motion) -> Region:
    return whole() if motion.band is None else within(phi, motion.band * max(spacing))


def _advance(phi: Fields, rate: Rate, region: Region, dt: float, motion: Motion) -> Fields:
    def euler(now: Fields) -> Fields:
        return region.moved(now, dt * rate(now, region))

    if motion.order == "first":
        return euler(phi)
    second = 0.75 * phi + 0.25 * euler(euler(phi))
    return torch.lerp(phi, euler(second), 2 / 3)
