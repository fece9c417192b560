"""Which tiles a look takes; separate because it is about cost, not about what is seen."""

import torch

from lumenfield.inference.looks import _cheapest
from lumenfield.inference.tiles import Tiling

SHAPE = (64, 64)
CLOSES = [Tiling(SHAPE, (n, n), 0.25) for n in (64, 24)]


def test_a_thin_line_is_followed_by_small_tiles() -> None:
    where = torch.zeros(SHAPE, dtype=torch.bool)
    where[:, 3] = True
    tiling, wanted = _cheapest(CLOSES, where)
    assert tiling is CLOSES[1]
    assert all(bool(where[tiling.box(number)].any()) for number in wanted)


def test_what_is_everywhere_is_seen_in_one_large_tile() -> None:
    tiling, wanted = _cheapest(CLOSES, torch.ones(SHAPE, dtype=torch.bool))
    assert tiling is CLOSES[0]
    assert wanted == {0}
