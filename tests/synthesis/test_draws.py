"""Numbers depend on (seed, index) alone and fall where their ranges say."""

import math
from collections import Counter

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.synthesis.draws import Draw, check_range


def test_same_seed_and_index_same_numbers_and_neighbours_differ():
    assert Draw(1, 5).normal(4) == Draw(1, 5).normal(4)
    firsts = {Draw(seed, index).uniform((0.0, 1.0)) for seed in (1, 2) for index in range(-3, 4)}
    assert len(firsts) == 14


def test_nothing_touches_the_global_seed():
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    Draw(1).normal(3)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_numbers_stay_in_their_ranges_and_fill_them():
    draw = Draw(0)
    plain = [draw.uniform((2.0, 4.0)) for _ in range(500)]
    ratios = [draw.log_uniform((0.01, 100.0)) for _ in range(500)]
    whole = [draw.whole((1, 3)) for _ in range(100)]
    assert 2.0 <= min(plain) < 2.1
    assert 3.9 < max(plain) <= 4.0
    assert 0.3 < math.exp(sum(map(math.log, ratios)) / 500) < 3
    assert set(whole) == {1, 2, 3}


def test_weights_are_chances():
    draw = Draw(0)
    counts = Counter(draw.weighted({"often": 3.0, "never": 0.0, "seldom": 1.0}) for _ in range(800))
    assert counts["never"] == 0
    assert counts["often"] / 800 == pytest.approx(0.75, abs=0.05)
    assert sum(draw.happens(0.2) for _ in range(800)) / 800 == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize(
    ("between", "least", "message"),
    [
        ((2.0, 1.0), -math.inf, r"snr = \[2\.0, 1\.0\]; a range is \[least, greatest\]"),
        ((0.0, 1.0), 1.0, "starts at 1 or above"),
        ((0.0, math.inf), -math.inf, "mend the recipe"),
        ((math.nan, 1.0), -math.inf, "mend the recipe"),
    ],
)
def test_a_range_that_is_none_is_refused(between, least, message):
    with pytest.raises(InputError, match=message):
        check_range("snr", between, least)
