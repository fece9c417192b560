"""A whole grid put together from overlapping boxes; separate so that only it knows of memory.

Beyond the grid it makes, a canvas holds nothing; the weights are shared by all canvases of a scan.
"""

import numpy as np
from numpy.typing import NDArray

from lumenfield.refinement.boxes import Box

__all__ = ["add", "blended"]

Grid = NDArray[np.float32]


def add(total: Grid, box: Box, weight: Grid, values: Grid) -> None:
    """Add a box's weighted values to a grid, in place."""
    total[box.slices] += weight * values


def blended(total: Grid, weights: Grid, beyond: NDArray[np.floating] | float) -> Grid:
    """Divide by the weights, in place, and fade into `beyond` where they are less than one."""
    for k in range(len(total)):
        held = np.minimum(weights[k], 1)
        mean = np.divide(total[k], weights[k], out=total[k], where=weights[k] > 0)
        rest = beyond if isinstance(beyond, float) else beyond[k]
        total[k] = held * mean + (1 - held) * rest
    return total
