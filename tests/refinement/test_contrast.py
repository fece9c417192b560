"""Local means of lumen and surroundings."""

import pytest
import torch

from lumenfield.refinement.contrast import local_contrast, windows_for
from lumenfield.refinement.tissue import Tissue

SPACING = (1.0, 1.0)


def strip(n=48, spread=0.55, shift=0.0):
    """Share of a lumen in the lower half of a square, its edge misplaced by `shift`."""
    place = torch.arange(n) - n / 2 + 0.5 - shift
    return torch.special.ndtr(-place / spread)[None, None, :, None].expand(1, 1, n, n).contiguous()


def tissue(share, light=None, ring=0.0, within=None):
    """Tissues of given shares; slopes do not matter to brightness."""
    none = torch.zeros_like(share)
    light = torch.ones_like(share) if light is None else light
    return Tissue(share, none, share if within is None else within, none, light, ring)


@pytest.mark.parametrize(("inside", "outside"), [(1.0, 0.2), (0.1, 0.9)])
def test_levels_are_found_whichever_is_brighter(inside, outside):
    share = strip()
    scan = outside + (inside - outside) * share
    windows = windows_for(scan, SPACING, 6.0)
    found = local_contrast(scan, tissue(share), torch.ones_like(scan), windows)
    wall = slice(20, 28)
    torch.testing.assert_close(found.inside[:, :, wall], torch.full((1, 1, 8, 48), inside))
    torch.testing.assert_close(found.outside[:, :, wall], torch.full((1, 1, 8, 48), outside))


def test_a_misplaced_wall_hardly_biases_the_levels():
    scan = 0.2 + 0.8 * strip()
    windows = windows_for(scan, SPACING, 6.0)
    found = local_contrast(scan, tissue(strip(shift=0.5)), torch.ones_like(scan), windows)
    assert abs(found.inside[0, 0, 24, 24].item() - 1.0) < 0.05
    assert abs(found.outside[0, 0, 24, 24].item() - 0.2) < 0.05


def test_levels_follow_a_slow_change_along_the_vessel():
    share = strip(96)
    brightness = torch.linspace(1.0, 2.0, 96)
    scan = 0.2 + (brightness - 0.2) * share
    found = local_contrast(
        scan, tissue(share), torch.ones_like(scan), windows_for(scan, SPACING, 6.0)
    )
    torch.testing.assert_close(found.inside[0, 0, 48, 8:-8], brightness[8:-8], atol=0.03, rtol=0)


def test_a_class_missing_nearby_is_taken_from_afar():
    share = strip(96)
    scan = 0.2 + 0.8 * share
    found = local_contrast(
        scan, tissue(share), torch.ones_like(scan), windows_for(scan, SPACING, 6.0)
    )
    assert found.inside[0, 0, -1, 40].item() == pytest.approx(1.0, abs=1e-3)
    assert found.voxels_inside[0, 0, -1, 40].item() == pytest.approx(0.0, abs=1e-3)


def test_window_reaches_as_far_in_millimetres_along_every_axis():
    point = torch.zeros(1, 1, 33, 33)
    point[..., 16, 16] = 1.0
    (across, along), _ = windows_for(point, (1.0, 2.0), 6.0).matrices
    assert across[16, 20].item() / across[16, 16].item() == pytest.approx(
        along[16, 18].item() / along[16, 16].item(), rel=1e-4
    )


def test_a_graded_lumen_has_its_brightness_at_every_depth():
    share, depth = strip(), (-torch.arange(48.0) + 24).clamp(0, 6)[None, None, :, None] / 6
    light = 1 - 0.5 * (1 - depth.expand_as(share))
    scan = 0.2 + 0.8 * share * light
    windows = windows_for(scan, SPACING, 6.0)
    found = local_contrast(scan, tissue(share, light), torch.ones_like(scan), windows)
    torch.testing.assert_close(found.inside, 0.2 + 0.8 * light, atol=1e-3, rtol=0)


def test_a_ring_has_its_own_brightness():
    share, within = strip(), strip(shift=3.0)
    scan = 0.9 * (1 - within) + 0.1 * (within - share) + 0.5 * share
    windows = windows_for(scan, SPACING, 6.0)
    shares = tissue(share, ring=3.0, within=within)
    found = local_contrast(scan, shares, torch.ones_like(scan), windows)
    levels = [t[0, 0, 24, 24].item() for t in (found.inside, found.outside, found.beyond)]
    assert levels == pytest.approx([0.5, 0.1, 0.9], abs=0.03)
