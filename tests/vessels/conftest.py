"""Vessels whose centreline and radius are known, as distances on a grid."""

from collections.abc import Callable

import numpy as np
import pytest

from lumenfield.datatypes import MaternField, Volume, scaling
from lumenfield.vessels import Vessels, trace_vessels


def around(line, radius, shape, spacing=None):
    """Distance to a tube about a dense polyline (n×ndim, mm from the grid's middle)."""
    from scipy.spatial import cKDTree

    spacing = spacing or (1.0,) * len(shape)
    places = [(np.arange(n) - (n - 1) / 2) * h for n, h in zip(shape, spacing, strict=True)]
    points = np.stack(np.meshgrid(*places, indexing="ij"), -1)
    gaps, nearest = cKDTree(line).query(points)
    radius = np.broadcast_to(radius, len(line))
    return Volume((gaps - radius[nearest]).astype(np.float32), scaling(spacing))


def straight(ndim=3, tilt=(0.0, 0.0), middle=(0.3, -0.2), reach=80.0):
    """Points a hundredth of a millimetre apart along a line through the grid's middle."""
    along = np.arange(-reach, reach, 0.02)
    direction = np.array([1.0, *tilt[: ndim - 1]])
    offset = np.array([0.0, *middle[: ndim - 1]])
    return along[:, None] * direction / np.linalg.norm(direction) + offset


@pytest.fixture(scope="session")
def trace() -> Callable[..., Vessels]:
    def run(distance, spread=0.1, **options):
        known = distance.like(np.full(distance.shape, spread, np.float32))
        return trace_vessels(distance, known, MaternField(0.5, 4.0), **options)

    return run


@pytest.fixture(scope="session")
def tube() -> Callable[..., Volume]:
    def make(radius, shape, spacing=None, **line):
        return around(straight(len(shape), **line), radius, shape, spacing)

    return make


@pytest.fixture(scope="session")
def about() -> Callable[..., Volume]:
    return around
