"""The tutorial's code runs as it is written, and a recipe's table finds what it defines."""

import re
from pathlib import Path

from lumenfield.levelset import gradient_norm
from lumenfield.synthesis.anatomy import AnatomyRanges, draw_anatomy
from lumenfield.synthesis.draws import Draw

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "own-seed.md"


def test_the_seed_of_the_tutorial_is_short_runs_and_is_drawn(tmp_path, monkeypatch):
    seed, use, draws = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    assert len(seed.strip().splitlines()) < 15
    (tmp_path / "my_tutorial.py").write_text(seed + draws)
    monkeypatch.syspath_prepend(tmp_path)
    names: dict[str, object] = {"__name__": "my_script"}
    exec(compile(f"from my_tutorial import OvalTube, lf\n{use}", "own-seed.md", "exec"), names)
    distance = names["distance"]
    slope = gradient_norm(distance, (0.8, 0.8, 1.2))[distance.abs() < 2]
    assert abs(float(slope.median()) - 1) < 0.02
    ranges = AnatomyRanges(kinds={"my_tutorial:draw_oval": 1.0})
    assert "OvalTube" in repr(draw_anatomy(Draw(0), ranges, (60.0,) * 3, 1.0))
