"""Tiles: a tiled function is the function, whatever the tiling."""

import itertools

import pytest
import torch

from lumenfield.inference.tiles import tile_starts, tiled


@pytest.mark.parametrize("shape", [(40, 33), (21, 30, 17)])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5])
def test_a_pointwise_function_is_the_same_tiled(shape: tuple[int, ...], overlap: float) -> None:
    image = torch.randn(1, 1, *shape, generator=torch.Generator().manual_seed(0))
    found = tiled(lambda x: x**2 + 1, image, (16,) * len(shape), overlap=overlap)
    assert torch.allclose(found, image**2 + 1, atol=1e-5)


def test_a_small_grid_is_one_tile_and_exact() -> None:
    image = torch.randn(1, 1, 9, 12, generator=torch.Generator().manual_seed(0))
    calls: list[int] = []

    def function(part: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        return part.cumsum(-1)

    assert torch.equal(tiled(function, image, (64, 64)), image.cumsum(-1))
    assert len(calls) == 1


@pytest.mark.parametrize(("n", "tile", "overlap"), [(100, 32, 0.25), (33, 32, 0.5), (64, 64, 0.0)])
def test_tiles_cover_every_voxel_with_the_overlap_asked_for(
    n: int, tile: int, overlap: float
) -> None:
    starts = [s for (s,) in tile_starts((n,), (tile,), overlap)]
    assert starts[0] == 0
    assert starts[-1] == n - tile
    assert all(b - a <= tile * (1 - overlap) for a, b in itertools.pairwise(starts))


def test_the_middle_of_a_tile_counts_more_than_its_border() -> None:
    image = torch.zeros(1, 1, 48, 8)
    seen = iter([1.0, 2.0, 3.0, 4.0, 5.0])
    found = tiled(lambda x: torch.full_like(x, next(seen)), image, (32, 8), overlap=0.5)[0, 0, :, 4]
    assert found[:16].eq(1).all()
    assert found[32:].eq(2).all()
    assert found[17] < 1.2
    assert found[30] > 1.8


def test_progress_counts_the_tiles() -> None:
    ticks: list[tuple[int, int]] = []
    tiled(lambda x: x, torch.zeros(1, 1, 40, 16), (16, 16), tick=lambda *t: ticks.append(t))
    assert ticks == [(1, 3), (2, 3), (3, 3)]
