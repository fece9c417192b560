"""The sets, as tables of strata; each scan is made from its own line and nothing else."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from scenes import Scan, clean_scan, noisy_scan

from lumenfield.geometry import MeshSolid, Solid, sample_distance
from lumenfield.synthesis import Recipe, load_recipe
from lumenfield.synthesis.draws import Draw, Range
from lumenfield.synthesis.threads import one_thread
from vessels import draw_wall

__all__ = ["SETS", "SURFACE", "Line", "lines_of", "make"]

HERE = Path(__file__).parent
SURFACE = HERE.parents[2] / "shared" / "data" / "geometry" / "aorto_iliac.vtp"
"""A real aorta with its iliac arteries, in centimetres."""

FAMILIES = (
    "phase_contrast",
    "time_of_flight",
    "contrast_enhanced",
    "phantom_black",
    "phantom_bath",
    "black_blood",
)
UPRIGHT = FAMILIES[:3]
"""Families whose scans are also shown with their contrast turned over."""

RADII: dict[str, Range] = {
    "R 1.5-3": (1.5, 3.0),
    "R 3-6": (3.0, 6.0),
    "R 6-12": (6.0, 12.0),
    "R 12-20": (12.0, 20.0),
}
CONTRASTS: dict[str, Range] = {"CNR 4-8": (4.0, 8.0), "CNR 8-30": (8.0, 30.0)}
SHAPES = ((64, 64, 64), (72, 64, 72), (80, 72, 64), (80, 80, 80))
GREAT_SHAPES = ((80, 80, 80), (88, 80, 80))
"""For the widest class: in less, a vessel of 40 voxels is the scan."""

VOXELS_MM = {"1.3 mm": 1.3, "1.9 mm": 1.9, "2.9 mm": 2.9}
FIELD_MM = (130.0, 100.0, 150.0)
"""Field of view about the division of the aorta; all ends lie outside."""

DIVISION_MM = (0.0, 0.0, -84.0)
"""From the middle of the surface's bounds to the middle of the field of view."""


@dataclass(frozen=True)
class Set:
    """How a set is made.

    Args:
        seed: of all its draws; no other run uses it. repeats: scans of each stratum.
    """

    seed: int
    repeats: int = 1
    surface: bool = False


SETS = {
    "synthetic-test": Set(seed=811_203_001, repeats=2),
    "geometry-test": Set(seed=811_203_002, surface=True),
    "choose": Set(seed=811_203_003),
}


@dataclass(frozen=True)
class Line:
    """One scan of a set: its stratum and what makes it again.

    Args:
        size: class of radius, or of voxels for the real surface.
        inverted: the twin of the line of the same index, with its contrast turned over.
    """

    name: str
    seed: int
    index: int
    family: str
    size: str
    contrast: str
    inverted: bool = False


def lines_of(name: str) -> tuple[Line, ...]:
    """List the scans of a set, in order; twins follow their upright scans."""
    chosen = SETS[name]
    strata = itertools.product(
        VOXELS_MM if chosen.surface else RADII,
        CONTRASTS if not chosen.surface else ("CNR 8-30",),
        FAMILIES,
        range(chosen.repeats),
    )
    return tuple(
        line
        for index, (size, contrast, family, repeat) in enumerate(strata)
        for line in _with_twin(chosen, index, family, size, contrast, repeat)
    )


def _with_twin(
    chosen: Set, index: int, family: str, size: str, contrast: str, repeat: int
) -> Iterator[Line]:
    words = (f"{index:03d}", family, size, contrast)
    name = "-".join(words).replace(" ", "")
    yield Line(name, chosen.seed, index, family, size, contrast)
    if family in UPRIGHT and repeat == 0 and not chosen.surface:
        yield Line(name + "-inverted", chosen.seed, index, family, size, contrast, inverted=True)


def make(line: Line) -> Scan:
    """Draw a scan; the same line gives the same bytes."""
    with one_thread():
        draw = Draw(line.seed, line.index)
        spacing = _spacing(draw, line)
        if line.size in RADII:
            shape = draw.one_of(SHAPES if line.size != "R 12-20" else GREAT_SHAPES)
            shape = _fitting(shape, spacing)
            _, phi, _ = draw_wall(draw, RADII[line.size], shape, spacing)
        else:
            shape = tuple(math.ceil(mm / h) for mm, h in zip(FIELD_MM, spacing, strict=True))
            phi = sample_distance(_turned(draw), shape, spacing)
        family = recipe().families[line.family]
        if line.size in VOXELS_MM:
            # What the flow does behind the divisions of a real tree is not known.
            family = replace(family, disturbed=0.0)
        look, clean = clean_scan(draw, family, phi, spacing)
        wanted = draw.log_uniform(CONTRASTS[line.contrast])
        return noisy_scan(look, clean, phi, spacing, wanted, inverted=line.inverted)


@cache
def recipe() -> Recipe:
    """Read the looks of the sets."""
    return load_recipe(str(HERE / "recipe.toml"))


def _spacing(draw: Draw, line: Line) -> tuple[float, ...]:
    """Draw a voxel; that of the real surface is given."""
    if line.size in VOXELS_MM:
        return (VOXELS_MM[line.size],) * 3
    edges = [draw.log_uniform(recipe().voxel_mm)] * 3
    if draw.happens(recipe().anisotropic):
        edges[draw.whole((0, 2))] *= draw.uniform(recipe().anisotropy)
    return tuple(edges)


def _fitting(shape: tuple[int, ...], spacing: tuple[float, ...]) -> tuple[int, ...]:
    """Give axes with long voxels fewer of them, half the way to the same field of view."""
    finest = min(spacing)
    return tuple(round(n * (finest / h) ** 0.5) for n, h in zip(shape, spacing, strict=True))


@cache
def _surface() -> Solid:
    return MeshSolid.read(SURFACE, unit_mm=10.0).centred()


def _turned(draw: Draw) -> Solid:
    """Turn the real surface by up to 20° and shift it by up to a voxel."""
    away = tuple(-d + draw.uniform((-3.0, 3.0)) for d in DIVISION_MM)
    moved = _surface().moved(*away)
    for plane in ((0, 1), (0, 2), (1, 2)):
        moved = moved.rotated(draw.uniform((-20.0, 20.0)), plane)
    return moved
