"""Wall error and coverage of the refinement on drawn phantoms; prints the table beside this file.

python benchmarks/refinement.py [--seeds 6] [--threads 2] > benchmarks/refinement.md
"""

import argparse
import math
import time
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from lumenfield.datatypes import MaternField, Volume, scaling
from lumenfield.levelset import redistance
from lumenfield.levelset.spectral import draw_matern
from lumenfield.refinement import RefineOptions, refined

POINT_SPREAD = 0.55
FINER = 3
MARGIN = 3


@dataclass(frozen=True)
class Case:
    kind: str
    radius: float
    cnr: float
    target: float
    noise: str = "gauss"
    inside: float = 1.0
    outside: float = 0.2
    size: int = 40
    length: float = 4.0


CASES = [
    Case("tube", 5, 4, 0.20),
    Case("tube", 5, 8, 0.12),
    Case("tube", 5, 15, 0.08),
    Case("tube", 5, 30, 0.05),
    Case("wavy", 6, 8, 0.12),
    Case("ball", 9, 8, 0.12),
    Case("ball", 9, 30, 0.05),
    Case("wavy", 6, 15, 0.08, length=3.0),
    Case("wavy", 6, 15, 0.08, length=6.0),
    Case("tube", 2.5, 8, 0.20, size=32),
    Case("tube", 2.5, 15, 0.12, size=32),
    Case("ball", 2.5, 8, 0.20, size=24),
    Case("ball", 2.5, 15, 0.12, size=24),
    Case("tube", 5, 8, 0.12, noise="rician", outside=0.0),
    Case("ball", 9, 4, 0.20, noise="rician", outside=0.1),
    Case("tube", 5, 8, 0.12, inside=0.3, outside=0.9),
    Case("tube", 8, 8, 0.24, noise="zero-filled ×2"),
]


def drawn(case: Case, seed: int) -> tuple[Volume, Volume, torch.Tensor]:
    """Make a scan, a start that is off by a Matérn field of 0.5 voxel, and the truth."""
    generator = np.random.default_rng(seed)
    solid = _solid(case, generator)
    n, affine = case.size, scaling((1.0, 1.0, 1.0))
    spread = 2 * POINT_SPREAD if case.noise.startswith("zero") else POINT_SPREAD
    share = _blurred(solid, n, spread)
    scan = case.inside * share + case.outside * (1 - share)
    sigma = abs(case.inside - case.outside) / case.cnr
    noise = sigma * generator.normal(size=(2, n, n, n))
    if case.noise.startswith("zero"):
        noise = _zero_filled(noise, sigma)
    scan = np.hypot(scan + noise[0], noise[1]) if case.noise == "rician" else scan + noise[0]
    truth = redistance(torch.tensor(solid(*_axes(n, 1)))[None, None].float(), (1.0,) * 3, band=6)
    torch_generator = torch.Generator().manual_seed(seed)
    error = draw_matern(
        (n, n, n), (1.0,) * 3, spread=0.5, length=case.length, generator=torch_generator
    )
    start = redistance(truth + error, (1.0,) * 3, band=6)
    return Volume(scan, affine), Volume(start[0, 0].numpy(), affine), truth[0, 0].numpy()


def on_wall(found: NDArray, *fields: NDArray) -> list[NDArray]:
    """Read fields where grid edges cross the zero level of `found`, off the box's border."""
    read: list[list[NDArray]] = [[] for _ in fields]
    for axis in range(3):
        line = np.moveaxis(found, axis, 0)
        crosses = (line[:-1] < 0) != (line[1:] < 0)
        crosses[:MARGIN], crosses[-MARGIN:] = False, False
        crosses[:, :MARGIN], crosses[:, -MARGIN:] = False, False
        crosses[:, :, :MARGIN], crosses[:, :, -MARGIN:] = False, False
        at = _crossings(line, crosses)
        for field, values in zip(fields, read, strict=True):
            values.append(_cubic(np.moveaxis(field, axis, 0), crosses, at))
    return [np.concatenate(values) for values in read]


def _crossings(line: NDArray, crosses: NDArray) -> NDArray:
    """Bisect the cubic through four voxels for its zero."""
    low, high = np.zeros(crosses.sum()), np.ones(crosses.sum())
    sign = np.sign(_cubic(line, crosses, low))
    for _ in range(30):
        middle = (low + high) / 2
        same = np.sign(_cubic(line, crosses, middle)) == sign
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return (low + high) / 2


def _cubic(line: NDArray, crosses: NDArray, t: NDArray) -> NDArray:
    i, *rest = np.nonzero(crosses)
    a, b, c, d = (line[(i + k, *rest)] for k in (-1, 0, 1, 2))
    weights = (
        -t * (t - 1) * (t - 2) / 6,
        (t + 1) * (t - 1) * (t - 2) / 2,
        -(t + 1) * t * (t - 2) / 2,
        (t + 1) * t * (t - 1) / 6,
    )
    return sum(w * v for w, v in zip(weights, (a, b, c, d), strict=True))


def _axes(n: int, finer: int, pad: int = 0) -> list[NDArray]:
    line = (np.arange((n + 2 * pad) * finer) + 0.5) / finer - (n / 2 + pad)
    return np.meshgrid(line, line, line, indexing="ij", sparse=True)


def _zero_filled(noise: NDArray, sigma: float) -> NDArray:
    """Keep the middle half of k-space on each axis, at the same standard deviation."""
    axes = (1, 2, 3)
    spectrum = np.fft.fftn(noise, axes=axes)
    for axis in axes:
        n = noise.shape[axis]
        high = np.abs(np.fft.fftfreq(n)) >= 0.25
        spectrum[(slice(None),) * axis + (high,)] = 0
    filled = np.fft.ifftn(spectrum, axes=axes).real
    return filled * sigma / filled.std()


def _blurred(solid, n: int, spread: float) -> NDArray:
    pad = 4
    share = np.clip(0.5 - FINER * solid(*_axes(n, FINER, pad)), 0, 1).astype(np.float32)
    blur = math.sqrt((spread * FINER) ** 2 - 1 / 12)
    share = gaussian_filter(share, blur, truncate=5)
    middle = slice(pad * FINER + FINER // 2, (pad + n) * FINER + FINER // 2, FINER)
    return share[middle, middle, middle]


def _solid(case: Case, generator: np.random.Generator):
    centre = generator.uniform(-0.5, 0.5, 3)
    tilt = generator.normal(size=3) * (0.3, 0.3, 0) + (0, 0, 1)
    tilt /= np.linalg.norm(tilt)

    def distance(x: NDArray, y: NDArray, z: NDArray) -> NDArray:
        x, y, z = x - centre[0], y - centre[1], z - centre[2]
        square = x * x + y * y + z * z
        if case.kind == "ball":
            return np.sqrt(square) - case.radius
        along = x * tilt[0] + y * tilt[1] + z * tilt[2]
        wave = 0.12 * np.sin(along / 6) if case.kind == "wavy" else 0.0
        return np.sqrt(np.maximum(square - along**2, 0)) - case.radius * (1 + wave)

    return distance


def measured(case: Case, seeds: int) -> str:
    """Refine `seeds` phantoms; one line of the table."""
    errors, scores, improved, seconds, biases = [], [], 0, 0.0, []
    for seed in range(seeds):
        scan, start, truth = drawn(case, seed)
        field = MaternField(0.5, case.length)
        begun = time.process_time()
        result = refined(scan, start, field)
        seconds += time.process_time() - begun
        error, spread = on_wall(result.distance.values, truth, result.spread.values)
        (before,) = on_wall(start.values, truth)
        improved += np.square(error).mean() < np.square(before).mean()
        errors.append(error)
        biases.append(error.mean())
        scores.append(np.abs(error / spread))
    error, score = np.concatenate(errors), np.concatenate(scores)
    rms = np.sqrt(np.square(error).mean())
    return (
        f"| {case.kind} | {case.radius:g} | {case.cnr:g} | {case.noise}, {case.inside:g} in "
        f"{case.outside:g} | {case.length:g} | {rms:.3f} | {case.target:.2f} | "
        f"{np.mean(biases):+.3f} | {(score < 0.674).mean():.2f} | {(score < 1.96).mean():.3f} | "
        f"{improved}/{seeds} | {seconds / seeds:.2f} |"
    )


def timed() -> str:
    scan, start, _ = drawn(Case("wavy", 8, 8, 0.12, size=64), 0)
    begun = time.process_time()
    refined(scan, start, MaternField(0.5, 4.0), RefineOptions())
    return f"{time.process_time() - begun:.1f} s of processor time"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    print("# Refinement on drawn phantoms\n")
    print(
        f"`python benchmarks/refinement.py --seeds {given.seeds} --threads {given.threads}`. "
        f"Point spread {POINT_SPREAD} voxel (twice that when zero-filled); the start is off by a "
        "Matérn field of 0.5 voxel; errors in voxels, on the wall, over all seeds.\n"
    )
    print(
        "| shape | R | CNR | noise | ℓ | rms | target | bias | in 50 % | in 95 % | better | CPU s |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    for case in CASES:
        print(measured(case, given.seeds), flush=True)
    print(f"\n64³ with 32 samples: {timed()} on {given.threads} threads.")


if __name__ == "__main__":
    main()
