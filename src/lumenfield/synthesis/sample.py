"""One synthetic scan with its truth, drawn from a recipe; the same for the same (seed, i)."""

import json
import math
from dataclasses import dataclass, replace

import torch

from lumenfield.config import to_mapping
from lumenfield.datatypes import Sample, Volume, scaling
from lumenfield.errors import InputError
from lumenfield.geometry import Empty, Solid, sample_bound, sample_distance
from lumenfield.levelset import Motion, evolve, redistance
from lumenfield.synthesis.anatomy import draw_anatomy, roughest_mm
from lumenfield.synthesis.appearance import Appearance, draw_appearance, render
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.plain import PlainLook, draw_plain, render_plain
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.synthesis.recipe import Recipe
from lumenfield.synthesis.speed import draw_speed
from lumenfield.synthesis.threads import one_thread
from lumenfield.tensors import Fields

__all__ = ["Plan", "draw_plan", "draw_sample"]

_TRIES = 50
"""Draws of vessels that miss the field of view before a recipe is called impossible."""

_GREAT_GRID = 192
"""Voxels along the shortest axis of a grid that great vessels fit into."""

_LEAST_LUMEN = 8
"""Voxels of lumen that a scan has which is not empty on purpose."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What was drawn, before it is imaged.

    Args:
        phi: 1 × 1 × grid, mm; its zero level is the wall, its slope is near one.
    """

    phi: Fields
    spacing: tuple[float, ...]
    solid: Solid
    look: Appearance | PlainLook

    def magnitude(self, device: torch.device | str = "cpu") -> Fields:
        """Image it on a device, 1 × 1 × grid; the same grey values each time there."""
        phi = self.phi.to(device)
        with one_thread():
            if isinstance(self.look, PlainLook):
                return render_plain(phi, self.spacing, self.look)
            return render(phi, self.spacing, self.look)


def draw_sample(
    recipe: Recipe, seed: int, index: int = 0, *, shape: tuple[int, ...] = (96, 96, 96)
) -> Sample:
    """Draw one scan with its mask and its true distance.

    The same (recipe, seed, index, shape) gives the same bytes, whoever asks, on any number of
    threads.

    Raises:
        InputError: the recipe's vessels keep missing the field of view.
    """
    plan = draw_plan(recipe, seed, index, shape=shape)
    with one_thread():
        distance = redistance(plan.phi, plan.spacing)
    affine = scaling(plan.spacing)
    origin = {
        "recipe": to_mapping(recipe),
        "seed": seed,
        "index": index,
        "shape": shape,
        "spacing_mm": plan.spacing,
        "vessels": repr(plan.solid),
        "look": to_mapping(plan.look),
    }
    return Sample(
        Volume(plan.magnitude()[0, 0].numpy(), affine),
        Volume((distance[0, 0] < 0).to(torch.uint8).numpy(), affine),
        Volume(distance[0, 0].numpy(), affine),
        json.dumps(origin),
    )


def draw_plan(recipe: Recipe, seed: int, index: int, *, shape: tuple[int, ...]) -> Plan:
    """Draw the vessels of one scan on their grid and what it shall look like."""
    with one_thread():
        return _drawn(recipe, Draw(seed, index), shape)


def _drawn(recipe: Recipe, draw: Draw, shape: tuple[int, ...]) -> Plan:
    spacing = _spacing(draw, recipe, len(shape))
    for _ in range(_TRIES):
        solid, phi = _wall(draw, recipe, shape, spacing)
        empty = recipe.anatomy.kinds.get("empty", 0) > 0 and isinstance(solid, Empty)
        if empty or int((phi < 0).sum()) >= _LEAST_LUMEN:
            break
    else:
        raise InputError(
            f"recipe {recipe.name} on a grid of {shape}",
            f"a vessel must enter the field of view; {_TRIES} draws missed it",
            "enlarge the grid or the radius",
        )
    family = draw.weighted({**recipe.weights, "plain": recipe.plain_weight})
    if family == "plain":
        distance = redistance(phi, spacing, band=8.0, far="clip")
        return Plan(distance, spacing, solid, draw_plain(draw, recipe.plain))
    return Plan(phi, spacing, solid, draw_appearance(draw, recipe.families[family], len(shape)))


def _spacing(draw: Draw, recipe: Recipe, ndim: int) -> tuple[float, ...]:
    edges = [draw.log_uniform(recipe.voxel_mm)] * ndim
    if draw.happens(recipe.anisotropic):
        edges[draw.whole((0, ndim - 1))] *= draw.uniform(recipe.anisotropy)
    return tuple(edges)


def _wall(
    draw: Draw, recipe: Recipe, shape: tuple[int, ...], spacing: tuple[float, ...]
) -> tuple[Solid, Fields]:
    extent = tuple(n * h for n, h in zip(shape, spacing, strict=True))
    ranges = recipe.anatomy
    if min(shape) >= _GREAT_GRID and draw.happens(recipe.great):
        ranges = replace(ranges, radius_voxels=recipe.great_voxels)
    solid = draw_anatomy(draw, ranges, extent, max(spacing))
    thin = solid.thinnest_mm
    if recipe.motion == "speed" and math.isfinite(thin):
        start = sample_distance(solid, shape, spacing)
        speed = draw_speed(draw, len(shape), max(extent), 0.5 * thin).on(shape, spacing)
        for frame in evolve(start, speed, spacing, 1.0, Motion()):
            phi = frame.distance
        return solid, phi
    phi = sample_bound(solid, shape, spacing)
    rough = min(draw.uniform(recipe.anatomy.roughness) * thin, roughest_mm(solid, max(spacing)))
    if rough > 0 and math.isfinite(rough):
        length = thin * draw.uniform((1.5, 4.0))
        phi = phi + rough * smooth_field(shape, spacing, length, draw.generator)
    return solid, phi
