"""Recipes: ranges in, one synthetic scan with its truth out, the same for the same (seed, i)."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import torch

from lumenfield.config import from_mapping, read_toml, to_mapping
from lumenfield.datatypes import Sample, Volume, scaling
from lumenfield.errors import InputError
from lumenfield.geometry import Empty, Solid, sample_bound, sample_distance
from lumenfield.levelset import Motion, evolve, redistance
from lumenfield.synthesis.anatomy import AnatomyRanges, draw_anatomy, thinnest_mm
from lumenfield.synthesis.appearance import Appearance, Family, draw_appearance, render
from lumenfield.synthesis.draws import Draw, Range, check_range
from lumenfield.synthesis.plain import PlainLook, PlainRanges, draw_plain, render_plain
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.synthesis.speed import draw_speed
from lumenfield.tensors import Fields

__all__ = [
    "Recipe",
    "Scene",
    "draw_sample",
    "draw_scene",
    "load_recipe",
    "recipe_names",
    "recipes",
]

_TRIES = 50
"""Draws of vessels that miss the field of view before a recipe is called impossible."""


@dataclass(frozen=True)
class Recipe:
    """Ranges of everything that a synthetic scan is drawn from.

    Args:
        voxel_mm: edge of the voxel in its finest direction, log-uniform.
        anisotropy: of the coarsest over the finest edge, in `anisotropic` of the scans.
        motion: what makes the wall irregular: a Gaussian displacement in closed form, or a front
            moved by a random speed field.
        families: contrast families with their weights.
        plain: weight and ranges of the plain look.
    """

    name: str
    voxel_mm: Range = (0.4, 2.0)
    anisotropic: float = 0.3
    anisotropy: Range = (1.0, 2.5)
    anatomy: AnatomyRanges = field(default_factory=AnatomyRanges)
    motion: Literal["displacement", "speed"] = "displacement"
    families: dict[str, Family] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    plain: PlainRanges = field(default_factory=PlainRanges)
    plain_weight: float = 0.0

    def __post_init__(self) -> None:
        check_range("voxel_mm", self.voxel_mm, 1e-3)
        check_range("anisotropy", self.anisotropy, 1.0)
        astray = sorted(set(self.weights) - set(self.families))
        if astray or sum(self.weights.values()) + self.plain_weight <= 0:
            raise InputError(
                f"recipe {self.name} weighs {', '.join(astray) or 'nothing'}",
                f"its families are {', '.join(self.families) or 'none'}",
                "weigh a family it has",
            )


@dataclass(frozen=True, eq=False)
class Scene:
    """One drawn scan on its grid, before it is given types for the world.

    Args:
        phi: 1 × 1 × grid, mm; its zero level is the wall, its slope is near one.
        magnitude: 1 × 1 × grid, grey values.
    """

    phi: Fields
    magnitude: Fields
    spacing: tuple[float, ...]
    solid: Solid
    look: Appearance | PlainLook


def draw_sample(
    recipe: Recipe, seed: int, index: int = 0, *, shape: tuple[int, ...] = (96, 96, 96)
) -> Sample:
    """Draw one scan with its mask and its true distance.

    The same (recipe, seed, index, shape) gives the same bytes, whoever asks.

    Raises:
        InputError: the recipe's vessels keep missing the field of view.
    """
    scene = draw_scene(recipe, seed, index, shape=shape)
    distance = redistance(scene.phi, scene.spacing)
    affine = scaling(scene.spacing)
    origin = {
        "recipe": to_mapping(recipe),
        "seed": seed,
        "index": index,
        "shape": shape,
        "spacing_mm": scene.spacing,
        "vessels": repr(scene.solid),
        "look": to_mapping(scene.look),
    }
    return Sample(
        Volume(scene.magnitude[0, 0].numpy(), affine),
        Volume((distance[0, 0] < 0).to(torch.uint8).numpy(), affine),
        Volume(distance[0, 0].numpy(), affine),
        json.dumps(origin),
    )


def draw_scene(recipe: Recipe, seed: int, index: int, *, shape: tuple[int, ...]) -> Scene:
    """Draw one scan as tensors; its wall is not yet a distance, and training needs no more."""
    draw = Draw(seed, index)
    spacing = _spacing(draw, recipe, len(shape))
    for _ in range(_TRIES):
        solid, phi = _wall(draw, recipe, shape, spacing)
        empty = recipe.anatomy.kinds.get("empty", 0) > 0 and isinstance(solid, Empty)
        if empty or int((phi < 0).sum()) >= 8:
            break
    else:
        raise InputError(
            f"recipe {recipe.name} on a grid of {shape}",
            f"a vessel must enter the field of view; {_TRIES} draws missed it",
            "enlarge the grid or the radius",
        )
    look: Appearance | PlainLook
    family = draw.weighted({**recipe.weights, "plain": recipe.plain_weight})
    if family == "plain":
        look = draw_plain(draw, recipe.plain)
        distance = redistance(phi, spacing, band=8.0, far="clip")
        return Scene(phi, render_plain(distance, spacing, look), spacing, solid, look)
    look = draw_appearance(draw, recipe.families[family], len(shape))
    return Scene(phi, render(phi, spacing, look), spacing, solid, look)


def _spacing(draw: Draw, recipe: Recipe, ndim: int) -> tuple[float, ...]:
    edges = [draw.log_uniform(recipe.voxel_mm)] * ndim
    if draw.happens(recipe.anisotropic):
        edges[draw.whole((0, ndim - 1))] *= draw.uniform(recipe.anisotropy)
    return tuple(edges)


def _wall(
    draw: Draw, recipe: Recipe, shape: tuple[int, ...], spacing: tuple[float, ...]
) -> tuple[Solid, Fields]:
    extent = tuple(n * h for n, h in zip(shape, spacing, strict=True))
    solid = draw_anatomy(draw, recipe.anatomy, extent, max(spacing))
    thin = thinnest_mm(solid)
    if recipe.motion == "speed" and math.isfinite(thin):
        start = sample_distance(solid, shape, spacing)
        speed = draw_speed(draw, len(shape), max(extent), 0.5 * thin).on(shape, spacing)
        for frame in evolve(start, speed, spacing, 1.0, Motion()):
            phi = frame.distance
        return solid, phi
    phi = sample_bound(solid, shape, spacing)
    rough = draw.uniform(recipe.anatomy.roughness) * thin
    if rough > 0 and math.isfinite(rough):
        length = thin * draw.uniform((1.5, 4.0))
        phi = phi + rough * smooth_field(shape, spacing, length, draw.generator)
    return solid, phi


def recipe_names() -> list[str]:
    """Name the recipes that come with the package."""
    folder = resources.files("lumenfield.synthesis") / "recipes"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir())


@cache
def load_recipe(name: str) -> Recipe:
    """Read a recipe by its name or from a TOML file.

    Raises:
        InputError: no such recipe, an unknown key, a range upside down.
    """
    path = Path(name)
    if path.suffix != ".toml":
        if name not in recipe_names():
            known = ", ".join(recipe_names())
            raise InputError(f"recipe {name}", f"known are {known}", "name one, or a TOML file")
        path = Path(str(resources.files("lumenfield.synthesis") / "recipes" / f"{name}.toml"))
    mapping = {"name": path.stem, **read_toml(path)}
    return from_mapping(Recipe, mapping, where=f"recipe {path.stem}")


class _Recipes(Mapping[str, Recipe]):
    """The recipes that come with the package, by name."""

    def __getitem__(self, name: str) -> Recipe:
        if name not in recipe_names():
            raise KeyError(name)
        return load_recipe(name)

    def __iter__(self) -> Iterator[str]:
        return iter(recipe_names())

    def __len__(self) -> int:
        return len(recipe_names())


recipes: Mapping[str, Recipe] = _Recipes()
