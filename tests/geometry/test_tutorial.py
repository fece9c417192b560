"""The tutorial's code runs as it is written, and a recipe's table finds what it defines."""

import re
from pathlib import Path

from lumenfield.levelset import gradient_norm
from lumenfield.synthesis import draw_sample, load_recipe
from lumenfield.synthesis.anatomy import draw_anatomy
from lumenfield.synthesis.draws import Draw

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "own-seed.md"


def test_the_seed_of_the_tutorial_is_short_runs_and_is_drawn(tmp_path, monkeypatch):
    seed, use, draws = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    assert len(seed.strip().splitlines()) < 15
    (tmp_path / "my_seeds.py").write_text(seed + draws)
    monkeypatch.syspath_prepend(tmp_path)
    names: dict[str, object] = {"__name__": "my_script"}
    exec(compile(f"from my_seeds import OvalTube, lf\n{use}", "own-seed.md", "exec"), names)
    distance = names["distance"]
    slope = gradient_norm(distance, (0.8, 0.8, 1.2))[distance.abs() < 2]
    assert abs(float(slope.median()) - 1) < 0.02
    (recipe,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.S)
    (tmp_path / "oval.toml").write_text(recipe)
    loaded = load_recipe(str(tmp_path / "oval.toml"))
    kinds = [repr(draw_anatomy(Draw(k), loaded.anatomy, (60.0,) * 3, 1.0)) for k in range(6)]
    assert any("OvalTube" in kind for kind in kinds)
    sample = draw_sample(loaded, 1, 0, shape=(16, 16, 16))
    assert sample.magnitude.shape == (16, 16, 16)
