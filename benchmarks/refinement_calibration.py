"""Fit the factors on the refinement's spread by stratum; writes the table beside the code.

python benchmarks/refinement_calibration.py [--seeds 6] > src/lumenfield/refinement/calibration.toml

Its scans (seeds from 1000, tubes and balls alone) are not those of `refinement.py`.
"""

import argparse

import numpy as np
import torch
from refinement_phantoms import Case, drawn, on_wall

from lumenfield.refinement import RefineOptions, refined

RADII = (2.5, 4.0, 7.0)
CONTRASTS = (4.0, 8.0, 15.0, 30.0)
_BOUNDS = (0.85, 1.5)


def cases(radius: float, contrast: float) -> list[Case]:
    size = round(24 + 2 * radius)
    shared = {"radius": radius, "cnr": contrast, "size": size}
    return [
        Case("tube", **shared),
        Case("tube", **shared, rim=0.7),
        Case("tube", **shared, noise="rician", outside=0.1),
        Case("ball", **shared, length=3.0),
    ]


def factor(radius: float, contrast: float, seeds: int) -> float:
    """Take the mean, over scans, of how wide 68 % and 95 % of the errors are by the spread."""
    ratios = []
    for case in cases(radius, contrast):
        for seed in range(1000, 1000 + seeds):
            scan = drawn(case, seed)
            found = refined(scan.scan, scan.start, scan.field, RefineOptions(calibrate=False))
            error, spread = on_wall(found.distance.values, scan.truth, found.spread.values)
            score = np.abs(error / spread)
            ratios.append(np.quantile(score, [0.683, 0.95]) / (1.0, 1.96))
    return float(np.clip(np.sqrt(np.square(ratios).mean()), *_BOUNDS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    given = parser.parse_args()
    torch.set_num_threads(1)
    rows = [[round(factor(r, c, given.seeds), 3) for c in CONTRASTS] for r in RADII]
    print("# Factors on the spread: one row a radius (voxels), one column a contrast over noise.")
    print(f'source = "benchmarks/refinement_calibration.py --seeds {given.seeds}"')
    print(f"radii = {list(RADII)}\ncontrasts = {list(CONTRASTS)}\nfactors = [")
    for row in rows:
        print(f"  {row},")
    print("]")


if __name__ == "__main__":
    main()
