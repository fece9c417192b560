"""Synthetic scans with their truth: anatomy, motion, appearance, scanner."""

from lumenfield.synthesis.recipe import Recipe, draw_sample, draw_scene, load_recipe, recipe_names
from lumenfield.synthesis.stream import SampleStream, validation_cases

__all__ = [
    "Recipe",
    "SampleStream",
    "draw_sample",
    "draw_scene",
    "load_recipe",
    "recipe_names",
    "validation_cases",
]
