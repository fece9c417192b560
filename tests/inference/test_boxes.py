"""Boxes: they hold what they should with its margin, and few voxels besides."""

import math

import numpy as np
import pytest
import torch

from lumenfield.inference.boxes import (
    BLOCK,
    Box,
    Room,
    blocks_of,
    boxes_about,
    opacity,
    seen_blocks,
)

SHAPE = (96, 80, 72)
ROOM = Room((8, 8, 8), 64**3, (1.0, 1.0, 1.0), 16)


def diagonal(shape: tuple[int, ...] = SHAPE) -> torch.Tensor:
    """A thin line from corner to corner."""
    where = torch.zeros(shape, dtype=torch.bool)
    for t in torch.linspace(0, 1, 400):
        where[tuple(int(t * (n - 1)) for n in shape)] = True
    return where


def voxels(boxes: list[Box]) -> int:
    return sum(math.prod(side.stop - side.start for side in box) for box in boxes)


@pytest.mark.parametrize("shape", [SHAPE, (96, 80)])
def test_every_place_has_its_margin_in_some_box(shape: tuple[int, ...]) -> None:
    where, n = diagonal(shape), len(shape)
    boxes = boxes_about(blocks_of(where), shape, Room((8,) * n, 64**n, (1.0,) * n, 16))
    for place in where.nonzero().tolist():
        low = [max(0, x - 8) for x in place]
        high = [min(s, x + 9) for x, s in zip(place, shape, strict=True)]
        assert any(
            all(
                side.start <= a and b <= side.stop
                for side, a, b in zip(box, low, high, strict=True)
            )
            for box in boxes
        )


def test_a_thin_line_takes_a_small_part_of_the_grid() -> None:
    boxes = boxes_about(blocks_of(diagonal()), SHAPE, ROOM)
    assert voxels(boxes) < 0.6 * math.prod(SHAPE)


def test_no_box_is_larger_than_allowed_and_all_together_hold_the_grid() -> None:
    room = Room((8, 8, 8), 40_000, (1.0, 1.0, 1.0), 16)
    boxes = boxes_about(blocks_of(torch.ones(SHAPE, dtype=torch.bool)), SHAPE, room)
    assert max(voxels([box]) for box in boxes) <= 40_000
    count = torch.zeros(SHAPE)
    for box in boxes:
        count[box] += opacity(box, SHAPE, (8, 8, 8)) == 1
    assert count.min() >= 1


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_edges_fit_the_network_unless_the_grid_ends(scale: float) -> None:
    room = Room((8, 8, 8), 10**6, (scale,) * 3, 16)
    for box in boxes_about(blocks_of(diagonal()), SHAPE, room):
        for side, n in zip(box, SHAPE, strict=True):
            length = side.stop - side.start
            assert length == n or round(length * scale) % 16 == 0


def test_nothing_needs_no_box() -> None:
    assert boxes_about(blocks_of(torch.zeros(SHAPE, dtype=torch.bool)), SHAPE, ROOM) == []


def test_opacity_falls_over_the_margin_but_not_at_the_border_of_the_grid() -> None:
    weight = opacity((slice(0, 32), slice(16, 48)), (64, 64), (8, 8))
    assert weight[:24, 8:24].eq(1).all()
    assert weight[0, 16] == 1
    assert weight[16, 0] == pytest.approx(0.5 / 8)
    assert weight[31, 16] == pytest.approx(0.5 / 8)


def test_what_was_seen_is_half_a_margin_inside() -> None:
    blocks = np.zeros([math.ceil(n / BLOCK) for n in SHAPE], dtype=bool)
    blocks[seen_blocks((slice(0, 48), slice(16, 64), slice(40, 72)), SHAPE, (16,) * 3)] = True
    expected = np.zeros_like(blocks)
    expected[0:5, 3:7, 6:9] = True
    assert np.array_equal(blocks, expected)
