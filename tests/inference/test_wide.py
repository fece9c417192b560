import torch

from lumenfield.inference.wide import add_wide


def _tube(radius, edge=48):
    y, z = torch.meshgrid(*[torch.arange(edge) - edge / 2] * 2, indexing="ij")
    inside = (torch.hypot(y, z) < radius)[None, None, None].expand(1, 1, 20, edge, edge)
    return torch.where(inside, 3.0, -3.0)


def _after(seen, first):
    highest, agreed = first.clone(), first > 0
    add_wide(highest, agreed, first, seen)
    return highest, agreed


def test_a_wide_lumen_that_other_scales_miss_is_added_and_confirmed():
    seen = _tube(radius=14)
    highest, agreed = _after(seen, torch.full_like(seen, -0.5))
    assert torch.equal(highest > 0, seen > 0)
    assert torch.equal(agreed, seen > 0)
    assert highest.max() <= 0.5  # found, but never sure


def test_a_thin_lumen_is_left_to_other_scales():
    first = torch.full((1, 1, 20, 48, 48), -0.5)
    highest, agreed = _after(_tube(radius=5), first)
    assert torch.equal(highest, first)
    assert not agreed.any()


def test_a_lumen_that_was_found_keeps_its_wall():
    first = _tube(radius=12)
    highest, _ = _after(_tube(radius=13), first)
    assert torch.equal(highest, first)


def test_what_the_first_scale_rules_out_is_not_confirmed():
    seen = _tube(radius=14)
    _, agreed = _after(seen, torch.full_like(seen, -2.5))
    assert not agreed.any()
