"""What a refined box says of itself in a few numbers; the warnings are made from them."""

from dataclasses import dataclass

from lumenfield.datatypes import MaternField
from lumenfield.refinement.doubt import excess_blur, far_from_start
from lumenfield.refinement.layers import Layers
from lumenfield.refinement.refine import Estimate
from lumenfield.tensors import Tensor

__all__ = ["Summary", "summary_of"]

_UNSEEN = 0.9


@dataclass(frozen=True)
class Summary:
    """How a box was refined.

    Args:
        seen: the scan told where the wall is. blur: excess of the point spread, voxels.
        far: share of the wall that came from further than 3 σ_φ. thin: share of it too thin.
        gain, texture: of the noise, as in `Noise`. radius: of the lumen, voxels.
    """

    voxels: int
    seen: bool
    converged: bool
    chi2: float
    signal_to_noise: float
    contrast_to_noise: float
    point_spread: float
    blur: float
    gain: float
    texture: float
    radius: float
    thin: float
    far: float
    layers: Layers

    @property
    def common_doubt(self) -> float:
        """Doubt that all of the wall shares, voxels."""
        return float((self.layers.doubt**2 + self.blur**2) ** 0.5)


def summary_of(
    estimate: Estimate, spread: Tensor, field: MaternField, voxels: int, blur: float | None
) -> Summary:
    """Sum a box up.

    Args:
        spread: σ_n of the linear posterior. blur: where an earlier box found it.
    """
    view = estimate.view
    wall = view.frame.distance.abs() < view.frame.voxel
    found = bool(wall.any())
    seen = found and spread[wall].median().item() < _UNSEEN * field.spread_mm
    return Summary(
        voxels=voxels,
        seen=seen,
        converged=estimate.converged,
        chi2=view.evidence.chi2,
        signal_to_noise=_signal_to_noise(estimate, wall) if found else 0.0,
        contrast_to_noise=view.evidence.contrast_to_noise,
        point_spread=view.known.point_spread,
        blur=excess_blur(estimate) if blur is None else blur,
        gain=view.noise.gain,
        texture=view.noise.texture,
        radius=_radius(estimate, wall),
        thin=_share(estimate.thin, wall),
        far=_share(far_from_start(estimate, field), wall),
        layers=view.known.layers,
    )


def _signal_to_noise(estimate: Estimate, wall: Tensor) -> float:
    """Compute the lumen's mean over the noise of one complex component in it."""
    mean = estimate.view.contrast.inside[wall].median().item()
    return mean / max(estimate.view.noise.rician or estimate.view.noise.inside, 1e-30)


def _radius(estimate: Estimate, wall: Tensor) -> float:
    """Take the median, over the wall, of the greatest depth nearby; at most eight voxels."""
    voxel = estimate.view.frame.voxel.amax().item()
    return estimate.view.radius[wall].median().item() / voxel if wall.any() else 0.0


def _share(marked: Tensor, wall: Tensor) -> float:
    return (marked & wall).sum().item() / max(1, int(wall.sum()))
