"""Memory: a plan fits what is allowed, and what it holds is what it says."""

import numpy as np
import pytest
import torch

from lumenfield.errors import InputError
from lumenfield.inference import intensity, memory
from lumenfield.inference.intensity import normalised
from lumenfield.inference.memory import (
    free_memory_gb,
    grid_of_zeros,
    parked,
    plan_memory,
    release,
)
from lumenfield.networks.checkpoint import Preprocessing


def test_less_memory_makes_smaller_tiles_and_then_sums_on_disk() -> None:
    plans = [plan_memory((512,) * 3, 128, 1.5, 100.0, limit) for limit in (8.0, 3.2, 2.4)]
    assert [plan.on_disk for plan in plans] == [False, False, True]
    assert plans[0].tile == 128
    assert plans[1].tile < 128
    assert all(p.gigabytes <= limit for p, limit in zip(plans, (8.0, 3.2, 2.4), strict=True))


def test_a_small_scan_keeps_full_precision_and_a_large_one_half() -> None:
    assert plan_memory((64,) * 3, 128, 1.5, 100.0, 4.0).dtype == torch.float32
    assert plan_memory((512,) * 3, 128, 1.5, 100.0, 4.0).dtype == torch.float16


def test_too_little_memory_is_told_with_what_is_needed() -> None:
    with pytest.raises(InputError, match=r"512×512×512 in 1 GB; it needs .* GB: allow more with"):
        plan_memory((512,) * 3, 128, 1.5, 100.0, 1.0)


def test_sums_on_disk_are_sums() -> None:
    plan = plan_memory((512,) * 3, 128, 1.5, 100.0, 2.4)
    grid = grid_of_zeros((4, 5, 6), plan)
    grid[0, 0, 1:3] += torch.ones(2, 5, 6, dtype=torch.float16)
    assert grid.sum().item() == 60


def test_a_large_scan_is_normalised_as_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    values = (np.random.default_rng(0).random((9, 8, 7)) ** 20 * 4000).astype(np.int16)
    whole = normalised(values, Preprocessing())
    monkeypatch.setattr(intensity, "_LARGE", 10)
    slabs = normalised(values, Preprocessing())
    assert slabs.dtype == torch.float16
    assert torch.allclose(slabs.float(), whole, rtol=1e-3, atol=1e-3)
    assert whole.max() == pytest.approx(slabs.max().item(), rel=1e-3)


def test_free_memory_is_a_number_of_gigabytes() -> None:
    assert 0.01 < free_memory_gb() < 1e5


def test_a_parked_grid_is_the_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    assert parked(values) is values
    monkeypatch.setattr(memory, "_LARGE", 10)
    held = parked(values.transpose(2, 0, 1))
    release(held[1:])
    assert np.array_equal(held, values.transpose(2, 0, 1))
    assert isinstance(held, np.memmap)
    release(values)
