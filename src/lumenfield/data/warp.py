"""Patches cut through a rotated, scaled and bent grid, in millimetres; separate from what is drawn.

A patch is read from the whole scan at the places its voxels come from, so that nothing is made up
at its border unless the scan itself ends there.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from lumenfield.levelset.spectral import draw_matern
from lumenfield.tensors import Fields, Tensor, Truths

__all__ = ["Warp", "warped_patch", "warped_truth"]


@dataclass(frozen=True)
class Warp:
    """Where the voxels of a patch come from.

    Args:
        angles: radians, one in 2-D and three in 3-D, turning about axis 2, 1, then 0.
        scale: above one makes the vessel larger.
        elastic_mm: standard deviation of a smooth displacement, of correlation length `length_mm`.
        seed: of that displacement.
    """

    angles: tuple[float, ...]
    scale: float
    elastic_mm: float
    length_mm: float
    seed: int


def warped_patch(
    warp: Warp,
    fields: Fields,
    corner: tuple[int, ...],
    patch: tuple[int, ...],
    spacing: tuple[float, ...],
) -> Tensor:
    """Read a patch at warped places by linear interpolation; beyond the scan its border repeats.

    Args:
        corner: where the patch would begin unwarped; it turns about its centre.
        spacing: mm.
    """
    device = fields.device
    edges = torch.tensor(spacing, device=device)
    middle = torch.tensor([c + (n - 1) / 2 for c, n in zip(corner, patch, strict=True)]).to(device)
    steps = [torch.arange(n, device=device) - (n - 1) / 2 for n in patch]
    offsets = torch.stack(torch.meshgrid(*steps, indexing="ij"), -1) * edges
    places = offsets @ _rotation(warp.angles).to(device).T / warp.scale
    places = (places + _bend(warp, patch, spacing).to(device)) / edges + middle
    last = torch.tensor([max(n - 1, 1) for n in fields.shape[2:]], device=device)
    # Torch counts axes from the last, and from −1 to 1.
    where = (2 * places / last - 1).flip(-1)[None].expand(fields.shape[0], *patch, len(patch))
    return F.grid_sample(fields, where, padding_mode="border", align_corners=True)


def warped_truth(
    warp: Warp,
    truth: Truths,
    corner: tuple[int, ...],
    patch: tuple[int, ...],
    spacing: tuple[float, ...],
) -> Tensor:
    """Warp a mask, and a distance where there is one.

    A warped distance is one no more; divided by its own slope it is again, to first order at the
    wall (Taubin 1994). The mask is where it is negative; without one, where half a mask is.

    Args:
        truth: mask, and perhaps distance in voxels.
    """
    moved = warped_patch(warp, truth, corner, patch, spacing)
    if truth.shape[1] == 1:
        return (moved > 0.5).to(truth.dtype)
    phi = moved[:, 1:]
    edge = math.prod(spacing) ** (1 / len(spacing))
    axes = tuple(range(2, phi.ndim))
    parts = torch.gradient(phi, spacing=[h / edge for h in spacing], dim=axes)
    slope = torch.stack(parts).square().sum(0).sqrt()
    return torch.cat([(phi < 0).to(phi.dtype), phi / slope.clamp(0.5, 2.0)], 1)


def _rotation(angles: tuple[float, ...]) -> Tensor:
    ndim = 2 if len(angles) == 1 else 3
    turn = torch.eye(ndim)
    planes = [(0, 1)] if ndim == 2 else [(0, 1), (0, 2), (1, 2)]
    for angle, (a, b) in zip(angles, planes, strict=True):
        one = torch.eye(ndim)
        one[a, a] = one[b, b] = math.cos(angle)
        one[a, b], one[b, a] = -math.sin(angle), math.sin(angle)
        turn = turn @ one
    return turn


def _bend(warp: Warp, patch: tuple[int, ...], spacing: tuple[float, ...]) -> Tensor:
    if warp.elastic_mm == 0:
        return torch.zeros(len(patch))
    fields = draw_matern(
        patch,
        spacing,
        spread=warp.elastic_mm,
        length=warp.length_mm,
        generator=torch.Generator().manual_seed(warp.seed),
        batch=len(patch),
    )
    return fields[:, 0].movedim(0, -1)
