import math

import pytest
import torch

from lumenfield.inference.level import lumen_level


def _seen(*probabilities, shape=(20, 20, 20)):
    """Ten by ten by ten voxels of each probability, in a corner each, on a ground of 1 %."""
    grid = torch.full((1, 1, *shape), 0.01)
    for number, probability in enumerate(probabilities):
        grid[0, 0, 10 * number : 10 * number + 10, :10, :10] = probability
    return grid.logit()


@pytest.mark.parametrize(("sure", "level"), [(0.99, 0.5), (0.9, 0.369), (0.5, 0.150), (0.3, 0.094)])
def test_the_level_follows_what_the_network_is_surest_of(sure, level):
    found = lumen_level(_seen(sure))
    assert found == pytest.approx(math.log(level / (1 - level)), abs=0.01)


def test_a_sure_vessel_keeps_doubtful_places_out():
    assert lumen_level(_seen(0.99, 0.45)) == 0


def test_nothing_likely_leaves_the_level_at_one_half():
    assert lumen_level(_seen(0.2)) == 0


def test_a_few_sure_voxels_set_no_level():
    grid = _seen(0.6)
    grid[0, 0, -1, -1, -5:] = 5.0
    assert lumen_level(grid) == lumen_level(_seen(0.6))


def test_an_image_needs_fewer_sure_pixels():
    flat = torch.full((1, 1, 40, 40), -20.0)
    flat[0, 0, :5, :5] = 0.0
    assert lumen_level(flat) < -2


def test_a_doubtful_background_is_not_flooded():
    grid = torch.full((1, 1, 20, 20, 20), 0.35).logit()
    grid[0, 0, :10, :10, :10] = 0.0
    assert 0.35 < torch.sigmoid(torch.tensor(lumen_level(grid))) < 0.5
