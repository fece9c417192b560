"""clDice sees whether a vessel is whole."""

import pytest
import torch

from lumenfield.training.centreline import cldice


def _bar(cut=False, grid=(12, 24)):
    mask = torch.zeros(1, 1, *grid)
    mask[..., 4:9, 2:-2] = 1
    if cut:
        mask[..., 10:14] = 0
    return mask


@pytest.mark.parametrize("ndim", [2, 3])
def test_cldice_minds_a_broken_vessel_more_than_a_thinner_one(ndim):
    whole, broken = _bar(), _bar(cut=True)
    thinner = whole.clone()
    thinner[:, :, (4, 8)] = 0
    if ndim == 3:
        whole, broken, thinner = (
            torch.nn.functional.pad(m[:, :, None].repeat(1, 1, 5, 1, 1), (0, 0, 0, 0, 4, 4))
            for m in (whole, broken, thinner)
        )
    loss = {
        m: cldice(200 * x - 100, whole).item() for m, x in {"thin": thinner, "cut": broken}.items()
    }
    assert loss["cut"] > 0.05
    assert loss["cut"] > 3 * loss["thin"]


def test_the_centreline_of_one_channel_is_not_lost():
    assert cldice(torch.full((1, 1, 12, 24), -100.0), _bar()).item() > 0.8
