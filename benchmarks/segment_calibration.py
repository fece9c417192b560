"""Fit by how much walls of segmented scans are off beyond what the refinement's spread says.

    python benchmarks/segment_calibration.py > src/lumenfield/refinement/drawn.toml

The scans of the set `choose`, but the widest, are segmented from nothing and refined. In each
class of radius and contrast the doubt is what makes 95 % intervals hold 95 % of the wall that was
found to within 1.25 voxels: vessels missed or made up are no matter of an error bar. What the
intervals held before and after is printed beside the table, on standard error.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from refinement_phantoms import on_wall
from scipy.optimize import brentq

from lumenfield.inference import predict
from lumenfield.networks import Checkpoint
from lumenfield.networks.models import load_model
from lumenfield.refinement import refined
from lumenfield.refinement.drawn import radius_near

sys.path.insert(0, str(Path(__file__).parents[1] / "runs" / "test_sets"))

from sets import lines_of, make

EDGES = (0.0, 2.5, 4.0, 6.0, np.inf)
CENTRES = (1.75, 3.25, 5.0, 6.0)
CONTRAST_EDGES = (0.0, 9.0, np.inf)
CONTRASTS = (6.5, 14.0)
"""Where classes of radius nearby (voxels) and of contrast over noise begin, and what they stand
for in the table."""

GROSS = 1.25
LARGEST = 2.0


@dataclass(frozen=True, eq=False)
class Walls:
    """What was found of one scan: radius, error and spread in voxels at places on its wall."""

    contrast: float
    radius: NDArray[np.float64]
    error: NDArray[np.float64]
    spread: NDArray[np.float64]


def main() -> None:
    """Print the table, and what it does to the coverage."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="vessel3d")
    given = parser.parse_args()
    torch.set_num_threads(1)
    found = list(segmented(load_model(given.model)))
    table = np.array(
        [[fitted(found, i, j) for j in range(len(CONTRASTS))] for i in range(len(CENTRES))]
    )
    print("# What joins the spread in quadrature, voxels: one row a radius (voxels), one column a")
    print("# contrast over noise.")
    print('source = "benchmarks/segment_calibration.py"')
    print(f"radii = {list(CENTRES)}\ncontrasts = {list(CONTRASTS)}\ndoubts = [")
    for row in table.round(2).tolist():
        print(f"  {row},")
    print("]")
    for name, doubts in (("before", 0 * table), ("after", table)):
        held = np.mean([coverage(walls, doubts) for walls in found])
        print(
            f"{name}: 95 % intervals hold {held:.3f}, mean of {len(found)} scans", file=sys.stderr
        )


def segmented(network: Checkpoint) -> Iterator[Walls]:
    """Segment and refine scan after scan; those in which nothing was found are left out."""
    for line in lines_of("choose"):
        if line.size == "R 12-20":
            continue
        scan = make(line)
        start = predict(scan.magnitude, [network])
        if start.distance.values.min() >= 0:
            continue
        end = refined(scan.magnitude, start.distance, start.field)
        voxel, phi = max(scan.magnitude.spacing), end.distance.values
        near = radius_near(torch.from_numpy(phi)[None, None], scan.magnitude.spacing)[0, 0].numpy()
        radius, error, spread = on_wall(phi, near, scan.distance.values, end.spread.values)
        yield Walls(end.contrast_to_noise, radius, error / voxel, spread / voxel)


def fitted(found: list[Walls], radius: int, contrast: int) -> float:
    """Find what makes 95 % of |error|/√(σ² + d²) in one class less than 1.96."""
    low, high = CONTRAST_EDGES[contrast : contrast + 2]
    kept = [
        (w, (w.radius >= EDGES[radius]) & (w.radius < EDGES[radius + 1]) & (abs(w.error) < GROSS))
        for w in found
        if low <= w.contrast < high
    ]
    error = np.concatenate([w.error[k] for w, k in kept])
    spread = np.concatenate([w.spread[k] for w, k in kept])

    def short(doubt: float) -> float:
        return float(np.quantile(np.abs(error) / np.hypot(spread, doubt), 0.95)) - 1.96

    return 0.0 if short(0.0) <= 0 else float(brentq(short, 0.0, LARGEST))


def coverage(walls: Walls, doubts: NDArray[np.float64]) -> float:
    """Give the share of a wall that its widened 95 % interval holds, gross errors and all."""
    at = np.log(walls.contrast)
    row = [np.interp(at, np.log(CONTRASTS), along) for along in doubts]
    wide = np.hypot(walls.spread, np.interp(walls.radius, CENTRES, row))
    return float(np.mean(np.abs(walls.error) < 1.96 * wide))


if __name__ == "__main__":
    main()
