"""How long a drawn anatomy takes to reach a grid, and how true what a grid skips leaves it.

Processor time of one thread for 96³ voxels, least of three, mean over draws; "every voxel" asks the
solid at each voxel instead. Differences are within the band of four voxels, in voxels.

    python benchmarks/geometry.py > benchmarks/geometry.md
"""

import platform
import time
from collections.abc import Callable

import torch

from lumenfield.geometry import Solid, grid_points, sample_bound
from lumenfield.synthesis.anatomy import ANATOMIES, AnatomyRanges, draw_anatomy
from lumenfield.synthesis.draws import Draw
from lumenfield.tensors import Tensor

SHAPE, SPACING = (96, 96, 96), (1.0, 1.0, 1.0)
N_DRAWS = 6


def main() -> None:
    """Print the table."""
    print(f"torch {torch.__version__}, one thread, {platform.machine()}\n")
    print("| anatomy | ms | every voxel, ms | ratio | greatest difference | signs that differ |")
    print("|---|---|---|---|---|---|")
    for kind in ANATOMIES:
        if kind != "empty":
            print(row(kind), flush=True)


def row(kind: str) -> str:
    """Time and compare some draws of one kind."""
    ranges = AnatomyRanges(kinds={kind: 1.0}, radius_voxels=(1.5, 8.0), branches=(0, 5))
    extent = tuple(n * h for n, h in zip(SHAPE, SPACING, strict=True))
    fast = slow = worst = 0.0
    signs = 0
    for index in range(N_DRAWS):
        solid = draw_anatomy(Draw(1, index), ranges, extent, 1.0)
        took, found = timed(lambda solid=solid: sample_bound(solid, SHAPE, SPACING)[0, 0], 3)
        fast += took / N_DRAWS
        took, every = timed(lambda solid=solid: asked_everywhere(solid), 1)
        slow += took / N_DRAWS
        near = every.abs() < 4
        if near.any():
            worst = max(worst, float((found - every)[near].abs().max()))
        signs += int(((found < 0) != (every < 0)).sum())
    return (
        f"| {kind} | {1e3 * fast:.0f} | {1e3 * slow:.0f} | {slow / fast:.1f} | "
        f"{worst:.0e} | {signs} |"
    )


def asked_everywhere(solid: Solid) -> Tensor:
    """Ask a solid at every voxel, slab by slab."""
    points = grid_points(SHAPE, SPACING)
    return torch.cat([solid.distance(slab) for slab in points.split(8)])


def timed(work: Callable[[], Tensor], repeats: int) -> tuple[float, Tensor]:
    """Processor seconds, the least of some repeats."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        found = work()
        best = min(best, time.process_time() - start)
    return best, found


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
