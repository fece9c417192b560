"""The noise does not know the label: see benchmarks/leak.py for what is measured, and why."""

import importlib.util
from pathlib import Path

import pytest

from lumenfield.synthesis import draw_plan, load_recipe

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def leak():
    spec = importlib.util.spec_from_file_location("leak", ROOT / "benchmarks" / "leak.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("family", load_recipe("any").families)
def test_no_threshold_on_the_noise_level_finds_the_lumen(leak, family):
    recipe = leak.family_alone(load_recipe("any"), family)
    found = [leak.measure(draw_plan(recipe, 11, i, shape=(48, 48, 48))) for i in range(12)]
    assert max(f.best for f in found) < 0.3
    assert sum(f.best - f.nothing for f in found) / len(found) < 0.1
    # The measure would see it: noise outside the lumen alone is found at once.
    assert sum(f.prototype for f in found) / len(found) > 0.8
