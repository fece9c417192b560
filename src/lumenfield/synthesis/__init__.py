"""Synthetic scans with their truth: anatomy, motion, appearance, scanner."""

from lumenfield.synthesis.like import narrowed_recipe
from lumenfield.synthesis.phantom import carotid_phantom
from lumenfield.synthesis.recipe import Recipe, load_recipe, recipe_names, recipes
from lumenfield.synthesis.sample import draw_plan, draw_sample
from lumenfield.synthesis.stream import SampleStream, validation_cases

__all__ = [
    "Recipe",
    "SampleStream",
    "carotid_phantom",
    "draw_plan",
    "draw_sample",
    "load_recipe",
    "narrowed_recipe",
    "recipe_names",
    "recipes",
    "validation_cases",
]
