import pytest
import torch

from lumenfield.networks.blocks import crop, double, fold, level, pad, unfold


@pytest.mark.parametrize("grid", [(4, 6), (4, 6, 8)])
def test_unfolding_undoes_folding(grid):
    image = torch.randn(2, 3, *grid)
    folded = fold(image, 2)
    assert folded.shape == (2, 3 * 2 ** len(grid), *(n // 2 for n in grid))
    assert torch.equal(unfold(folded, 2), image)


def test_folding_gathers_neighbours():
    image = torch.arange(16.0).reshape(1, 1, 4, 4)
    assert fold(image, 2)[0, :, 0, 1].tolist() == [2, 3, 6, 7]


@pytest.mark.parametrize("grid", [(5, 16), (16, 16), (1, 17, 40)])
def test_cropping_undoes_padding(grid):
    image = torch.randn(1, 1, *grid)
    padded = pad(image, 16)
    assert all(n % 16 == 0 for n in padded.shape[2:])
    assert torch.equal(crop(padded, grid), image)


def test_padding_repeats_the_border_and_leaves_more_than_one_coarsest_voxel():
    padded = pad(torch.full((1, 1, 3, 3), 7.0), 8)
    assert padded.shape == (1, 1, 8, 16)
    assert (padded == 7).all()


def test_doubling_repeats_every_voxel():
    doubled = double(torch.tensor([[[[1.0, 2.0]]]]))
    assert doubled.tolist() == [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]


@pytest.mark.parametrize("block", ["plain", "residual"])
@pytest.mark.parametrize("norm", ["batch", "group", "instance"])
def test_a_strided_level_halves_the_grid(block, norm):
    made = level(3, 10, ndim=2, n_convolutions=2, norm=norm, block=block, stride=2)
    assert made(torch.randn(2, 3, 8, 12)).shape == (2, 10, 4, 6)


def test_a_residual_level_keeps_a_linear_way_through():
    made = level(1, 4, ndim=2, n_convolutions=1, norm="batch", block="residual").eval()
    torch.nn.init.zeros_(made.path[0][0].weight)
    image = torch.randn(1, 1, 6, 6)
    assert torch.equal(made(image), made.shortcut(image))
