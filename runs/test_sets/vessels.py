"""The vessels of the test scans: one tree each, so that a radius says what size it is.

Recipe `any` mixes vessels of every size in a scan; then no figure belongs to a radius.
"""

import math

import numpy as np
import torch

from lumenfield.geometry import Blend, Solid, sample_bound, vessel_along
from lumenfield.synthesis.anatomy import roughest_mm
from lumenfield.synthesis.anatomy_ranges import AnatomyRanges
from lumenfield.synthesis.draws import Draw, Range
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.synthesis.wandering import draw_lesions, draw_sac, walk
from lumenfield.tensors import Fields

__all__ = ["draw_tree", "draw_wall"]

TRIES = 60
SPAN = 0.6
"""Share of some axis that the lumen must reach over, so that there is a vessel to find."""

ASIDE = 0.15
"""Share of the field of view that the trunk's middle may lie beside the centre."""

FULLEST = 0.4
"""Share of the grid that lumen may fill: beyond it the vessel is the background."""

SLIGHT = 1.2
"""Voxels: no throat is thinner, or its voxels need not touch."""

RANGES = AnatomyRanges(bend=(0.0, 0.35), stenosis=0.35, stenosis_depth=(0.2, 0.5), aneurysm=0.0)


def draw_wall(
    draw: Draw, radii: Range, shape: tuple[int, ...], spacing: tuple[float, ...]
) -> tuple[Solid, Fields, float]:
    """Draw a tree that crosses the field of view, with a rough wall.

    Returns:
        the tree, φ on the grid in mm, the trunk's radius in the longest voxel edges.
    """
    extent = np.asarray(shape) * np.asarray(spacing)
    for _ in range(TRIES):
        tree, radius = draw_tree(draw, radii, extent, max(spacing))
        phi = sample_bound(tree, shape, spacing)
        rough = min(draw.uniform((0.0, 0.08)) * tree.thinnest_mm, roughest_mm(tree, max(spacing)))
        length = tree.thinnest_mm * draw.uniform((1.5, 4.0))
        phi = phi + rough * smooth_field(shape, spacing, length, draw.generator)
        if _crosses(phi):
            return tree, phi, radius
    raise RuntimeError(f"{TRIES} trees missed a grid of {shape}")


def draw_tree(draw: Draw, radii: Range, extent: np.ndarray, voxel: float) -> tuple[Solid, float]:
    """Draw a trunk with up to two branches, none thinner than the class of radius begins.

    Args:
        radii: of the trunk, in voxels of that edge, log-uniform.
    """
    least = radii[0] * voxel
    radius = draw.log_uniform(radii) * voxel
    trunk = walk(draw, extent, radius, draw.uniform(RANGES.bend))
    parts: list[Solid] = [_vessel(draw, trunk, radius, least, voxel)]
    for _ in range(draw.whole((0, 2))):
        size = max(radius * draw.uniform((0.6, 0.85)), least)
        start = trunk[draw.whole((len(trunk) // 3, 2 * len(trunk) // 3))]
        branch = walk(draw, extent, size, draw.uniform(RANGES.bend), start=start)
        parts.append(_vessel(draw, branch, size, least, voxel))
    if draw.happens(0.1):
        parts.append(draw_sac(draw, trunk[len(trunk) // 2], radius))
    middle = np.array([draw.uniform((-ASIDE, ASIDE)) for _ in extent]) * extent
    away = middle - trunk[len(trunk) // 2]
    return Blend(tuple(parts), 0.3 * radius).moved(*map(float, away)), radius / voxel


def _vessel(draw: Draw, points: np.ndarray, radius: float, least: float, voxel: float) -> Solid:
    throat = max(0.6 * least, SLIGHT * voxel)
    lesions = draw_lesions(draw, RANGES, radius, min(throat, radius))
    return vessel_along(points, np.full(len(points), radius), lesions, points.shape[1])


def _crosses(phi: Fields) -> bool:
    inside = (phi[0, 0] < 0).nonzero()
    grid = torch.tensor(phi.shape[2:])
    if len(inside) < 30 or len(inside) > FULLEST * math.prod(phi.shape[2:]):
        return False
    reach = (inside.amax(0) - inside.amin(0) + 1) / grid
    return bool(reach.max() >= SPAN)
