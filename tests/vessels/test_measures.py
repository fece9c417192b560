"""Figures of radii that are given: their bounds, and what a junction beside them does."""

import dataclasses
import math

import numpy as np
import pytest

from lumenfield.vessels.measures import measured

ARC = np.arange(30.0)


def figures(radius, sd, **joins):
    errors = np.diag(np.broadcast_to(sd, len(ARC)).astype(float))
    return measured(ARC, np.asarray(radius, float), errors, 29.0, 3, 3.5e-3, **joins)


def test_a_narrowing_is_never_above_one() -> None:
    radius = 2 - 1.9 * np.exp(-((ARC - 15) ** 2) / 4)
    stenosis = figures(radius, 0.2).stenosis
    assert stenosis.low < stenosis.value < stenosis.high <= 1


def test_a_radius_that_may_be_zero_leaves_the_resistance_unbounded() -> None:
    radius = np.where(ARC == 15, 0.4, 2.0)
    assert math.isinf(figures(radius, 0.25).resistance.high)
    assert math.isfinite(figures(radius, 0.1).resistance.high)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_neck_beside_a_junction_is_not_the_branchs(turn: int) -> None:
    radius = np.where(ARC < 2, 0.13, 2.0)[::turn]
    necked = figures(radius, 0.05, joins=(True, False)[::turn])
    smooth = figures(np.full(30, 2.0), 0.05)
    assert necked.min_diameter_mm.value == pytest.approx(4.0)
    assert necked.stenosis.value < 0.01
    assert necked.resistance.value == pytest.approx(smooth.resistance.value)
    assert figures(radius, 0.05).min_diameter_mm.value == pytest.approx(0.26)


def test_a_short_branch_between_junctions_keeps_its_middle() -> None:
    radius = np.where(abs(ARC - 14.5) < 2, 30.0, 40.0)
    found = figures(radius, 0.1, joins=(True, True))
    assert found.min_diameter_mm.value == pytest.approx(60.0)
    assert all(math.isfinite(v) for v in dataclasses.asdict(found.stenosis).values())
