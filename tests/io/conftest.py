"""Grids in general position, so that no mistake of order or sign can hide."""

from itertools import permutations, product

import numpy as np
import pytest
from numpy.typing import NDArray

from lumenfield.datatypes import Volume

ORIGIN = (10.125, -20.25, 30.5)


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker of long tests."""
    config.addinivalue_line("markers", "nightly: minutes long; run with -m nightly")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out long tests unless they are asked for."""
    if "nightly" in (config.option.markexpr or ""):
        return
    items[:] = [item for item in items if item.get_closest_marker("nightly") is None]


def _affine(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = columns, ORIGIN
    return affine


@pytest.fixture(scope="session")
def all_affines() -> list[NDArray[np.float64]]:
    """Make the 48 orientations of an anisotropic grid, then ten oblique ones of either hand."""
    generator = np.random.default_rng(5)
    upright = [
        np.eye(3)[list(order)] * signs * (0.5, 0.75, 2.0)
        for order, signs in product(permutations(range(3)), product((1, -1), repeat=3))
    ]
    oblique = [
        np.linalg.qr(generator.normal(size=(3, 3)))[0] * generator.uniform(0.3, 3, 3)
        for _ in range(10)
    ]
    return [_affine(columns) for columns in upright + oblique]


@pytest.fixture
def oblique(all_affines: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Give a grid that is oblique and anisotropic."""
    return all_affines[-1]


@pytest.fixture
def volume(oblique: NDArray[np.float64]) -> Volume:
    """Give different values in every voxel of a grid with three different sizes."""
    return Volume(np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5), oblique)


@pytest.fixture
def image(oblique: NDArray[np.float64]) -> Volume:
    """Give a 2-D slice somewhere in space."""
    return Volume(np.arange(12, dtype=np.uint8).reshape(3, 4), oblique)


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for the disk: these tests write thousands of files."""
    monkeypatch.setattr("os.fsync", lambda _: None)
