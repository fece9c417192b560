"""Balls, whose distance is known everywhere, on small grids of any geometry."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lumenfield.datatypes import MaternField, Prediction, Volume, scaling
from lumenfield.report import CaseReport, Fact, ScoreRow
from lumenfield.report.figures import style
from lumenfield.report.scene import Scene

MakeScene = Callable[..., Scene]


def ball_scene(
    shape: tuple[int, ...] = (20, 18, 16),
    affine: NDArray[np.float64] | None = None,
    *,
    radius_mm: float = 5.0,
    error_mm: float = 0.0,
    spread_mm: float = 0.3,
    contrast: float = 1.0,
    warnings: tuple[str, ...] = (),
    has_truth: bool = True,
    has_initial: bool = False,
) -> Scene:
    """Make a ball in the middle of a grid, found too large by `error_mm`."""
    grid = Volume(np.zeros(shape), scaling((1.0,) * len(shape)) if affine is None else affine)
    steps = np.indices(shape) - ((np.array(shape) - 1) / 2).reshape(-1, *[1] * len(shape))
    away = np.linalg.norm(steps * np.reshape(grid.spacing, (-1, *[1] * len(shape))), axis=0)
    true = (away - radius_mm).astype(np.float32)
    found = true - np.float32(error_mm)
    prediction = Prediction(
        grid.like(np.where(found < 0, 0.9, 0.1).astype(np.float32)),
        grid.like(found),
        grid.like(np.full(shape, spread_mm, np.float32)),
        MaternField(0.3, 2.0),
        warnings,
    )
    return Scene(
        grid.like((100 + 50 * contrast * np.tanh(-true)).astype(np.float32)),
        prediction,
        grid.like(true) if has_truth else None,
        grid.like(true - np.float32(0.5)) if has_initial else None,
    )


@pytest.fixture(scope="session")
def make_scene() -> MakeScene:
    """Make scenes of balls."""
    return ball_scene


@pytest.fixture(scope="session")
def make_case() -> Callable[..., CaseReport]:
    """Make cases around scenes of balls."""

    def make(scene: Scene | None = None, **changes: Any) -> CaseReport:
        scene = scene or ball_scene()
        case = CaseReport(
            name="ball",
            scan=scene.scan,
            prediction=scene.prediction,
            headline=(Fact("Volume", "0.52 ml", "of 1"),),
            provenance=(Fact("Seed", "7"),),
            truth=scene.truth,
            initial=scene.initial,
            score_columns=("IoU", "rms"),
            scores=(ScoreRow("refined", ("0.97", "0.1")),),
            files=("mask.nii.gz",),
        )
        return dataclasses.replace(case, **changes)

    return make


@pytest.fixture
def report_style() -> Iterator[None]:
    """Draw in the report's style."""
    with style():
        yield
