"""A recipe draws the same scan for the same (seed, index), with a truth that fits it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from lumenfield.config import from_mapping
from lumenfield.errors import InputError
from lumenfield.levelset import gradient_norm
from lumenfield.synthesis import Recipe, draw_plan, draw_sample, load_recipe, recipe_names
from lumenfield.synthesis.appearance import Family

SMALL = (18, 22, 14)


@pytest.mark.parametrize("shape", [SMALL, (26, 34)])
@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_draws_on_any_grid(name, shape):
    for index in range(3):
        sample = draw_sample(load_recipe(name), 2, index, shape=shape)
        magnitude, distance = sample.magnitude.values, sample.distance.values
        assert magnitude.shape == distance.shape == sample.mask.shape == shape
        assert magnitude.dtype == distance.dtype == np.float32
        assert sample.mask.values.dtype == np.uint8
        assert magnitude.min() >= 0
        assert np.isfinite(magnitude).all()
        np.testing.assert_array_equal(sample.mask.values, distance < 0)
        assert sample.mask.same_grid(sample.magnitude)


@pytest.mark.parametrize("name", recipe_names())
def test_seed_and_index_determine_every_byte_and_neighbours_differ(name):
    one, same, other, seed = (
        draw_sample(load_recipe(name), seed, index, shape=SMALL)
        for seed, index in ((1, 4), (1, 4), (1, 5), (2, 4))
    )
    assert one.magnitude.values.tobytes() == same.magnitude.values.tobytes()
    assert one.distance.values.tobytes() == same.distance.values.tobytes()
    assert one.origin == same.origin
    for another in (other, seed):
        assert one.magnitude.values.tobytes() != another.magnitude.values.tobytes()


def test_a_sample_does_not_depend_on_what_was_drawn_before():
    recipe = load_recipe("any")
    after_others = [draw_sample(recipe, 1, i, shape=SMALL) for i in (0, 1, 2)][-1]
    torch.manual_seed(99)
    alone = draw_sample(recipe, 1, 2, shape=SMALL)
    assert alone.magnitude.values.tobytes() == after_others.magnitude.values.tobytes()


def test_mask_of_the_plan_is_that_of_the_sample():
    plan = draw_plan(load_recipe("any"), 3, 1, shape=SMALL)
    sample = draw_sample(load_recipe("any"), 3, 1, shape=SMALL)
    np.testing.assert_array_equal((plan.phi < 0)[0, 0].numpy(), sample.mask.values)


def test_truth_is_a_distance():
    # Across a thinner vessel the differences that measure the slope meet beyond its axis.
    wide = replace(load_recipe("any").anatomy, kinds={"tree": 1.0}, radius_voxels=(5.0, 9.0))
    recipe = replace(load_recipe("any"), anatomy=wide)
    for index in range(4):
        sample = draw_sample(recipe, 6, index, shape=(40, 40, 40))
        distance = torch.from_numpy(sample.distance.values)[None, None]
        norm = gradient_norm(distance, sample.distance.spacing)
        band = distance.abs() < 2 * max(sample.distance.spacing)
        assert norm[band].median().item() == pytest.approx(1.0, abs=0.02)


def test_origin_tells_what_was_drawn():
    sample = draw_sample(load_recipe("any"), 2, 7, shape=SMALL)
    told = json.loads(sample.origin)
    assert (told["recipe"]["name"], told["seed"], told["index"]) == ("any", 2, 7)
    assert from_mapping(Recipe, told["recipe"]) == load_recipe("any")
    assert told["shape"] == list(SMALL)
    assert tuple(told["spacing_mm"]) == pytest.approx(sample.magnitude.spacing)
    assert "radii_mm" in told["vessels"] or "radius_mm" in told["vessels"]
    assert told["look"]["seed"] >= 0


def test_a_shipped_recipe_needs_every_family_it_weighs():
    recipe = load_recipe("any")
    assert set(recipe.weights) == set(recipe.families)
    for family in recipe.families:
        only = replace(recipe, weights={family: 1.0}, plain_weight=0.0)
        assert draw_plan(only, 0, 0, shape=(20, 16)).magnitude().shape == (1, 1, 20, 16)


def test_spacings_lie_in_their_ranges():
    recipe = replace(load_recipe("any"), voxel_mm=(0.5, 1.0), anisotropic=1.0)
    for index in range(8):
        spacing = draw_plan(recipe, 0, index, shape=(16, 16)).spacing
        assert 0.5 <= min(spacing) <= 1.0
        assert 1.0 <= max(spacing) / min(spacing) <= 2.5


def test_an_empty_scan_has_no_lumen_whatever_moves_it():
    nothing = replace(load_recipe("any").anatomy, kinds={"empty": 1.0})
    for motion in ("displacement", "speed"):
        recipe = replace(load_recipe("any"), anatomy=nothing, motion=motion)
        sample = draw_sample(recipe, 0, 0, shape=(16, 16))
        assert sample.mask.values.sum() == 0
        assert (sample.distance.values > 0).all()


def test_a_recipe_of_ones_own_is_read_from_its_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("plain_weight = 1.0\n[anatomy]\nkinds = { ball = 1.0 }\n", encoding="utf-8")
    recipe = load_recipe(str(path))
    assert recipe.name == "mine"
    assert draw_sample(recipe, 0, 0, shape=(16, 16)).mask.values.sum() >= 8


def test_an_unknown_recipe_is_refused_with_those_known():
    with pytest.raises(InputError, match=r"recipe anny; known are any, .*seed"):
        load_recipe("anny")


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"none\.toml: No such file.*a TOML file"):
        load_recipe(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("voxel_m = [1, 2]", "recipe mine: unknown key voxel_m; .* did you mean voxel_mm"),
        ("[anatomy]\ntree = [1, 2]", r"recipe mine\.anatomy: unknown key tree; .* trees\?"),
        ("[scanner]\nsnr = 3", "recipe mine: unknown key scanner"),
        ("plain_weight = 1.0\nvoxel_mm = [2.0, 1.0]", r"voxel_mm = \[2\.0, 1\.0\]; a range"),
        ("plain_weight = 1.0\nvoxel_mm = [0.0, 1.0]", r"voxel_mm = .* starts at 0\.001 or above"),
        ("plain_weight = 1.0\nanisotropy = [0.5, 1.0]", r"anisotropy = .* starts at 1 or above"),
        ('plain_weight = "much"', "Expected `float`, got `str`"),
        ("plain_weight = 1.0\n[anatomy]\ntrees = [3, 1]", r"trees = \[3, 1\]"),
        ("plain_weight = 0.0", "recipe mine weighs nothing; its families are none"),
        ("[weights]\nct = 1.0", "recipe mine weighs ct; its families are none: weigh a family"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(text, message, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        load_recipe(str(path))


def test_an_unknown_key_of_one_family_is_refused_with_a_suggestion():
    mapping = {"name": "x", "weights": {"a": 1.0}, "families": {"a": {"lumens": [0.5, 1.0]}}}
    with pytest.raises(InputError, match=r"unknown key lumens; .* did you mean lumen"):
        from_mapping(Recipe, mapping, where="recipe x")


def test_vessels_that_keep_missing_the_view_are_refused():
    tiny = replace(load_recipe("any").anatomy, kinds={"ball": 1.0}, radius_voxels=(0.5, 0.5))
    recipe = Recipe("tiny", anatomy=tiny, families={"a": Family()}, weights={"a": 1.0})
    with pytest.raises(InputError, match=r"recipe tiny on a grid of .*; .* 50 draws missed it"):
        draw_sample(recipe, 0, shape=(16, 16))
