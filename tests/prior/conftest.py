"""A tube that leaves the grid at both ends, as a prior."""

from collections.abc import Callable

import numpy as np
import pytest

from lumenfield.datatypes import BoundaryPrior, Cap, MaternField, Volume, scaling


@pytest.fixture(scope="session")
def tube() -> Callable[..., BoundaryPrior]:
    """Along the first axis; σ_n and the field in millimetres."""

    def make(radius=4.0, shape=(32, 24, 22), spacing=None, spread=0.2, affine=None):
        spacing = spacing or (1.0,) * len(shape)
        steps = np.indices(shape, dtype=float)
        across = [(s - n / 2 + 0.8) * h for s, n, h in zip(steps, shape, spacing, strict=True)][1:]
        phi = np.sqrt(sum(a**2 for a in across)) - radius
        distance = Volume(phi.astype(np.float32), scaling(spacing) if affine is None else affine)
        centre = [(n / 2 - 0.8) * h for n, h in zip(shape, spacing, strict=True)]
        centre = [*centre, 0.0][:3]
        ends = ((0.0, -1.0), ((shape[0] - 1) * spacing[0], 1.0))
        caps = tuple(Cap((x, *centre[1:]), (sign, 0.0, 0.0), radius) for x, sign in ends)
        known = distance.like(np.full(shape, spread, np.float32))
        return BoundaryPrior(distance, known, caps, MaternField(0.4, 3.0))

    return make
