import pytest
import torch

from lumenfield.data.augment import (
    Augmentation,
    changed_patch,
    cut_patch,
    draw_change,
    draw_corner,
)
from lumenfield.errors import InputError

NOTHING = {"turn": False, "warp": 0.0, "rare": 0.0, "gain": 0.0, "shift": 0.0, "noise": 0.0}


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _changed(image, truth, seed, **options):
    grid = tuple(image.shape[2:])
    change = draw_change(Augmentation(**{**NOTHING, **options}), grid, _generator(seed))
    return changed_patch(change, image, truth, (0,) * len(grid), grid, (1.0,) * len(grid))


@pytest.mark.parametrize("grid", [(5, 5, 5), (4, 6)])
def test_turning_moves_image_and_truth_alike(grid):
    image = torch.randn(1, 1, *grid)
    turned = set()
    for seed in range(30):
        moved, truth = _changed(image, image, seed, turn=True)
        assert torch.equal(moved, truth)
        assert moved.shape == image.shape
        assert torch.equal(moved.flatten().sort().values, image.flatten().sort().values)
        turned.add(tuple(moved.flatten().tolist()))
    assert len(turned) > 3


def test_without_any_change_nothing_changes():
    image = torch.randn(1, 1, 5, 5)
    assert torch.equal(_changed(image, image, 1)[0], image)


def test_brightness_changes_the_image_alone_and_within_its_limits():
    image = torch.linspace(-1, 1, 64).reshape(1, 1, 8, 8)
    for seed in range(20):
        moved, truth = _changed(image, image, seed, gain=0.2, shift=0.3)
        gain = (moved.max() - moved.min()) / 2
        assert 0.8 <= gain <= 1.2
        assert moved.mean().abs() <= 0.3
        assert gain != 1
        assert torch.equal(truth, image)


def test_truth_may_hold_a_distance_beside_the_mask():
    image, truth = torch.randn(1, 1, 6, 6), torch.randn(1, 2, 6, 6)
    assert _changed(image, truth, 0, turn=True, warp=1.0)[1].shape == truth.shape


def test_a_change_depends_on_its_generator_alone_and_shares_are_kept():
    augmentation, changes = Augmentation(warp=0.3, rare=0.2), []
    for seed in range(300):
        changes.append(draw_change(augmentation, (8, 8, 8), _generator(seed)))
        assert changes[-1] == draw_change(augmentation, (8, 8, 8), _generator(seed))
    assert 0.22 < sum(c.warp is not None for c in changes) / 300 < 0.38
    assert 0.13 < sum(c.look.blur_mm > 0 for c in changes) / 300 < 0.27
    assert max(c.look.coarse for c in changes) == 2


@pytest.mark.parametrize("fault", [{"warp": 1.5}, {"noise": -0.1}, {"elastic_mm": 9.0}])
def test_an_augmentation_out_of_range_is_refused(fault):
    with pytest.raises(InputError, match=r"augmentation .*; warp and rare are shares"):
        Augmentation(**fault)


def test_a_patch_is_a_part_of_the_grid():
    grid = torch.arange(20.0).reshape(1, 1, 4, 5)
    assert cut_patch(grid, (1, 2), (2, 3)).tolist() == [[[[7, 8, 9], [12, 13, 14]]]]


def test_a_small_grid_is_filled_up_with_its_border():
    patch = cut_patch(torch.tensor([[[[1.0, 2.0]]]]), (0, 0), (2, 5))
    assert patch.tolist() == [[[[1, 1, 2, 2, 2]] * 2]]


def test_half_the_patches_hold_the_lumen_and_all_lie_on_the_grid():
    lumen, hits = torch.tensor([[30, 1]]), 0
    for seed in range(400):
        row, column = draw_corner(lumen, (40, 6), (8, 8), _generator(seed))
        assert 0 <= row <= 32
        assert column == 0
        hits += row <= 30 < row + 8
    # Half by aim, and 8 of the 33 other places by chance.
    assert 0.5 < hits / 400 < 0.75


def test_a_scan_without_lumen_is_cut_anywhere():
    nothing = torch.zeros(0, 2, dtype=torch.int64)
    corners = {draw_corner(nothing, (5, 5), (4, 4), _generator(seed)) for seed in range(50)}
    assert corners == {(0, 0), (0, 1), (1, 0), (1, 1)}
