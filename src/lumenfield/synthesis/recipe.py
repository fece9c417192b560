"""Recipes: the ranges that scans are drawn from, by name or as a file of one's own."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from lumenfield.config import from_mapping, laid_over, read_toml
from lumenfield.errors import InputError
from lumenfield.synthesis.anatomy import AnatomyRanges
from lumenfield.synthesis.draws import Range, check_range
from lumenfield.synthesis.family import Family
from lumenfield.synthesis.plain import PlainRanges

__all__ = ["Recipe", "load_recipe", "recipe_names", "recipes"]


@dataclass(frozen=True)
class Recipe:
    """Ranges of everything that a synthetic scan is drawn from.

    Args:
        voxel_mm: edge of the voxel in its finest direction, log-uniform.
        anisotropy: of the coarsest over the finest edge, in `anisotropic` of the scans.
        motion: what makes the wall irregular: a Gaussian displacement in closed form, or a front
            moved by a random speed field.
        families: contrast families, and `weights` how often each is drawn.
        great: chance of great vessels, `great_voxels` in radius, in grids of 192 voxels and more.
        plain: ranges of the plain look, and `plain_weight` how often it is drawn.
    """

    name: str
    voxel_mm: Range = (0.4, 2.0)
    anisotropic: float = 0.3
    anisotropy: Range = (1.0, 2.5)
    anatomy: AnatomyRanges = field(default_factory=AnatomyRanges)
    great: float = 0.0
    great_voxels: Range = (15.0, 40.0)
    motion: Literal["displacement", "speed"] = "displacement"
    families: dict[str, Family] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    plain: PlainRanges = field(default_factory=PlainRanges)
    plain_weight: float = 0.0

    def __post_init__(self) -> None:
        check_range("voxel_mm", self.voxel_mm, 1e-3)
        check_range("anisotropy", self.anisotropy, 1.0)
        check_range("great_voxels", self.great_voxels, 0.5)
        astray = sorted(set(self.weights) - set(self.families))
        if astray or sum(self.weights.values()) + self.plain_weight <= 0:
            raise InputError(
                f"recipe {self.name} weighs {', '.join(astray) or 'nothing'}",
                f"its families are {', '.join(self.families) or 'none'}",
                "weigh a family it has",
            )


def recipe_names() -> list[str]:
    """Name the recipes that come with the package."""
    folder = resources.files("lumenfield.synthesis") / "recipes"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir())


@cache
def load_recipe(name: str) -> Recipe:
    """Read a recipe by its name, or from a TOML or JSON file.

    A recipe may name another as its `base`: what it says lies over that, table by table, except
    that `weights` and `kinds` replace the base's.

    Raises:
        InputError: no such recipe, an unknown key, a range upside down.
    """
    mapping = _mapping(name)
    return from_mapping(Recipe, mapping, where=f"recipe {mapping['name']}")


def _mapping(name: str) -> dict[str, Any]:
    path = Path(name)
    if path.suffix == ".json":
        return {"name": path.stem, **_read_json(path)}
    if path.suffix != ".toml":
        path = _shipped(name)
    mapping = {"name": path.stem, **read_toml(path)}
    base = mapping.pop("base", None)
    if base is None:
        return mapping
    under = _mapping(str(_shipped(str(base))))
    # A base's look is taken over; how often each thing is drawn is each recipe's own.
    if "weights" in mapping or "plain_weight" in mapping:
        under |= {"weights": {}, "plain_weight": 0.0}
    return laid_over(under, mapping, whole=("weights", "kinds"))


def _shipped(name: str) -> Path:
    if name not in recipe_names():
        known = ", ".join(recipe_names())
        raise InputError(f"recipe {name}", f"known are {known}", "name one, or a TOML file")
    return Path(str(resources.files("lumenfield.synthesis") / "recipes" / f"{name}.toml"))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}", "a recipe as JSON", "check the path"
        ) from None
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: {error}", "a recipe as JSON", "mend the file") from None


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
