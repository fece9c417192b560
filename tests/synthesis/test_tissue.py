"""Surroundings hold the levels that were drawn, in the places that were drawn."""

import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.synthesis.draws import Draw
from lumenfield.synthesis.tissue import Organ, Tissue, TissueRanges, draw_tissue, paint_tissue

PLAIN = Tissue(levels=(0.3,), patch_voxels=6.0, organs=(), sheets=(), air=0.0)
GRIDS = [((30, 26), (1.0, 1.4)), ((20, 24, 18), (0.8, 1.0, 2.0))]


def painted(tissue, shape=(40, 40), spacing=(1.0, 1.0), seed=0):
    return paint_tissue(tissue, shape, spacing, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("shape", "spacing"), GRIDS)
def test_one_kind_fills_the_space_and_several_share_it(shape, spacing):
    assert torch.equal(painted(PLAIN, shape, spacing), torch.full((1, 1, *shape), 0.3))
    three = Tissue((0.1, 0.2, 0.3), 4.0, (), (), 0.0)
    found = painted(three, shape, spacing)
    assert 0.1 <= found.min() < found.max() <= 0.3
    pure = sum((found - level).abs() < 1e-6 for level in (0.1, 0.2, 0.3))
    assert pure.float().mean() > 0.5


def test_an_organ_lies_where_it_was_put():
    organ = Organ(centre=(0.25, -0.25), radii_voxels=(6.0, 4.0), level=0.9)
    found = painted(Tissue((0.3,), 6.0, (organ,), (), 0.0))[0, 0]
    assert found[29, 9] == pytest.approx(0.9)
    assert found[29, 30] == pytest.approx(0.3)
    area = ((found - 0.3) / 0.6).sum().item()
    assert area == pytest.approx(3.1416 * 24, rel=0.08)


@pytest.mark.parametrize("air", [0.2, 0.5])
def test_air_is_empty_and_takes_its_share(air):
    found = painted(Tissue((0.3,), 6.0, (), (), air), (64, 64))
    assert (found < 0.15).float().mean().item() == pytest.approx(air, abs=0.05)
    assert found.min() == 0


def test_a_sheet_is_thin():
    tissue = Tissue((0.3,), 6.0, (), ((20.0, 0.05, 0.8),), 0.0)
    found = [painted(tissue, (64, 64), seed=seed) for seed in range(12)]
    shares = [(one > 0.6).float().mean().item() for one in found]
    # |z| < 1.5 · 0.05 has a chance of 0.06.
    assert 0.03 < sum(shares) / 12 < 0.1


@pytest.mark.parametrize("ndim", [2, 3])
def test_drawn_tissue_stays_in_its_ranges(ndim):
    ranges = TissueRanges(classes=(2, 4), level=(0.1, 0.2), organs=(1, 2), sheets=(1, 1), air=1.0)
    for index in range(20):
        drawn = draw_tissue(Draw(0, index), ranges, ndim)
        assert 2 <= len(drawn.levels) <= 4
        assert all(0.1 <= level <= 0.2 for level in drawn.levels)
        assert 1 <= len(drawn.organs) <= 2
        assert len(drawn.organs[0].centre) == ndim
        assert 0.1 <= drawn.air <= 0.5


def test_ranges_that_cannot_be_are_refused():
    with pytest.raises(InputError, match=r"classes = \[0, 2\]; .* starts at 1"):
        TissueRanges(classes=(0, 2))
