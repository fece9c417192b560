"""Which tissue is where around a wall: lumen, graded or not, a ring or none, surroundings."""

from dataclasses import dataclass

from torch.nn import functional

from lumenfield.refinement.edge import occupancy, occupancy_slope
from lumenfield.refinement.frame import Frame
from lumenfield.tensors import Fields, Tensor

__all__ = ["Tissue", "depth_profile", "lumen_radius", "tissue_at", "widest"]

_DEEPEST = 8.0
"""Voxels from the wall within which a lumen reaches its full brightness."""

_SHALLOWEST = 1.5

_UNEVEN_RING = 0.25
"""Standard deviation of a ring's thickness, as a share of it."""


@dataclass(frozen=True, eq=False)
class Tissue:
    """Shares of the tissues in each voxel, and how they change as the wall moves outwards.

    Args:
        lumen: m. slope: ∂m/∂φ, mm⁻¹.
        within: share of lumen and ring together. within_slope: its slope; `lumen` without a ring.
        light: 1 − ρ(1 − ψ), the lumen's contrast here as a share of that in its middle.
        ring: thickness, mm; 0 is none.
    """

    lumen: Tensor
    slope: Tensor
    within: Tensor
    within_slope: Tensor
    light: Tensor
    ring: float

    def shares(self) -> list[Tensor]:
        """List lumen, beyond, and what touches the wall where that is a ring.

        A dim rim counts as so much less lumen and so much more of what touches it.
        """
        bright = self.lumen * self.light
        if self.ring == 0:
            return [bright, 1 - bright]
        return [bright, 1 - self.within, self.within - bright]

    def thickness_error(self) -> Tensor:
        """Give the change of the outer share when the ring is thicker by its own deviation."""
        return _UNEVEN_RING * self.ring * self.within_slope


def tissue_at(frame: Frame, point_spread: float, light: Tensor, ring: float) -> Tissue:
    """Compute who fills each voxel, blurred by the point spread.

    m(φ) is the lumen, m(φ − t) − m(φ) a ring of thickness t, 1 − m(φ − t) what lies behind it.
    """
    lumen, slope = occupancy(frame, point_spread), occupancy_slope(frame, point_spread)
    within, within_slope = lumen, slope
    if ring > 0:
        outer = Frame(frame.distance - ring, frame.slope, frame.voxel, frame.bend)
        within = occupancy(outer, point_spread)
        within_slope = occupancy_slope(outer, point_spread)
    return Tissue(lumen, slope, within, within_slope, light, ring)


def lumen_radius(distance: Fields, spacing: tuple[float, ...]) -> Tensor:
    """Find the greatest depth nearby, mm, between 1.5 and 8 voxels."""
    deepest = -distance
    for axis, h in enumerate(spacing):
        reach = min(round(_DEEPEST * max(spacing) / h), distance.shape[axis + 2] - 1)
        deepest = widest(deepest, axis + 2, reach)
    return deepest.clamp(_SHALLOWEST * max(spacing), _DEEPEST * max(spacing))


def depth_profile(distance: Fields, radius: Tensor) -> Tensor:
    """Compute ψ = 1 − (1 − d/R)² of the depth d: 0 at the wall and outside, 1 at depth R.

    Slow flow at the wall keeps its spins saturated, and Poiseuille's profile is a parabola.
    """
    return 1 - (1 - (-distance / radius).clamp(0, 1)).square()


def widest(values: Tensor, axis: int, reach: int) -> Tensor:
    """Take the largest value within `reach` places along one axis."""
    lines = values.movedim(axis, -1)
    flat = lines.reshape(1, -1, lines.shape[-1])
    pooled = functional.max_pool1d(flat, 2 * reach + 1, stride=1, padding=reach)
    return pooled.reshape(lines.shape).movedim(-1, axis)
