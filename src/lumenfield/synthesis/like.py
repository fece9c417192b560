"""Recipes narrowed to one scanner; separate because it only writes into a recipe what was seen."""

from dataclasses import replace

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.synthesis.draws import Range
from lumenfield.synthesis.family import Family
from lumenfield.synthesis.intensity import IntensityRanges
from lumenfield.synthesis.recipe import Recipe
from lumenfield.synthesis.scanner import ScannerRanges
from lumenfield.synthesis.traits import ScanTraits, measure_scan

__all__ = ["narrowed", "narrowed_recipe"]

_WIDE = 1.25
"""Ranges reach this factor to either side of what was measured."""

_REFERENCE = 0.8
"""Level, in recipes, of a bright lumen, or of the tissue around a dark one."""


def narrowed_recipe(recipe: Recipe, scan: Volume) -> Recipe:
    """Narrow a recipe to the noise, resolution, contrast and grey values of a scan.

    The vessels stay the recipe's own: what they are like is what a network is to find out.

    Raises:
        InputError: a scan that cannot be measured, or a recipe without a family of its contrast.
    """
    return narrowed(recipe, measure_scan(scan))


def narrowed(recipe: Recipe, traits: ScanTraits) -> Recipe:
    """Write what was measured into a recipe.

    Raises:
        InputError: none of its families has the contrast that was seen.
    """
    fitting = {
        name: weight
        for name, weight in recipe.weights.items()
        if recipe.families[name].inverted == traits.inverted and weight > 0
    }
    if not fitting:
        seen = "darker" if traits.inverted else "brighter"
        raise InputError(
            f"vessels {seen} than their surroundings",
            f"recipe {recipe.name} has no such family",
            "give another with --recipe, for example any",
        )
    finest, coarsest = min(traits.spacing), max(traits.spacing)
    uneven = coarsest > 1.05 * finest
    return replace(
        recipe,
        name=f"{recipe.name}_like",
        voxel_mm=(0.9 * finest, 1.1 * finest),
        anisotropic=1.0 if uneven else 0.0,
        anisotropy=_around(coarsest / finest, 1.1, least=1.0) if uneven else (1.0, 1.0),
        families={name: _family(recipe.families[name], traits) for name in fitting},
        weights=fitting,
        plain_weight=0.0,
    )


def _family(family: Family, traits: ScanTraits) -> Family:
    """Take levels in units where the brighter of lumen and tissue is at the reference."""
    unit = (traits.tissue[1] if traits.inverted else traits.vessel) / _REFERENCE
    dark, middle, bright, brightest = (grey / unit for grey in traits.tissue)
    lumen = family.lumen if traits.inverted else _around(_REFERENCE, _WIDE)
    return replace(
        family,
        lumen=lumen,
        tissue=replace(
            family.tissue,
            level=(0.8 * dark, max(0.8 * dark, 0.5 * (middle + bright))),
            organ_level=(0.8 * dark, max(0.8 * dark, min(brightest, 2.0))),
            sheet_level=(0.8 * dark, max(0.8 * dark, min(brightest, 2.0))),
        ),
        scanner=_scanner(family.scanner, traits, lumen, unit),
        intensity=_intensity(traits),
    )


def _scanner(ranges: ScannerRanges, traits: ScanTraits, lumen: Range, unit: float) -> ScannerRanges:
    cropped = [share for share in traits.kept if share < 0.95]
    factor = 1 / sorted(cropped)[len(cropped) // 2] if cropped else 1.0
    noise = max(traits.sigma / unit, 1e-3)
    middle = 0.5 * (lumen[0] + lumen[1])
    return replace(
        ranges,
        snr=_around(middle / noise, _WIDE, least=0.5),
        zero_fill=1.0 if cropped else 0.0,
        zero_fill_factor=_around(factor, 1.08, least=1.0) if cropped else (1.0, 1.0),
        edge_voxels=_around(traits.edge_voxels, 1.2, least=0.8, most=5.0),
        averages=(1, 1),
    )


def _intensity(traits: ScanTraits) -> IntensityRanges:
    usual = 1.2 * max(traits.vessel, traits.tissue[2])
    offset = max(traits.offset, 0.0) / usual
    return IntensityRanges(
        kinds={"integers" if traits.integers else "floats": 1.0},
        # The brightest voxel of a drawn scan is one of its lumen or tissue, not an outlier.
        peak=(usual / _WIDE, max(usual * _WIDE, traits.peak)),
        raised=1.0 if offset > 0 else 0.0,
        offset=_around(offset, 1.1),
    )


def _around(value: float, factor: float, *, least: float = 0.0, most: float = 1e9) -> Range:
    low = min(max(value / factor, least), most)
    return low, max(low, min(value * factor, most))
