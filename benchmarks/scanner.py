"""Is the synthetic scanner true to its formulas, fast, and never at a loss? Prints tables.

Rician statistics of background and lumen; spread and correlation of Gaussian fields; speed beside
the plain recipe and scikit-fmm; and DRAWS samples over all recipes in 2-D and 3-D, each checked.
Speeds are of one thread, the best of the repeats; processes scale them.

    python benchmarks/scanner.py [DRAWS] > benchmarks/scanner.md
"""

import math
import sys
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
import torch
from scipy.ndimage import label
from scipy.special import gamma, i0e, i1e, kv

from lumenfield.geometry import Empty, Solid, Union
from lumenfield.levelset import redistance
from lumenfield.synthesis import draw_sample, load_recipe, recipe_names
from lumenfield.synthesis.random_fields import smooth_field
from lumenfield.synthesis.sample import Plan, draw_plan
from lumenfield.synthesis.scanner import Acquisition, acquire
from lumenfield.tensors import Tensor

FIELDS = {
    "2-D": ((64, 64), (1.0, 1.0), 5.0),
    "2-D, anisotropic": ((96, 48), (0.6, 1.5), 5.0),
    "3-D": ((48, 48, 48), (1.0, 1.0, 1.0), 4.0),
    "3-D, not cubic": ((64, 40, 28), (1.0, 1.0, 1.0), 4.0),
    "3-D, anisotropic": ((48, 48, 24), (0.7, 0.7, 1.75), 4.0),
}
SHAPES = ((40, 32), (64, 48), (24, 28, 32), (40, 36, 48))
"""Of the samples that are drawn and checked."""

SCANS = {
    "plain": Acquisition(20.0, (1.0,) * 3, (0.0,) * 3),
    "zero-filled": Acquisition(20.0, (0.6, 0.6, 1.0), (0.5,) * 3),
    "apodised": Acquisition(20.0, (1.0,) * 3, (1.0,) * 3),
}


def rician() -> None:
    """Print mean and standard deviation of magnitudes over the formulas'."""
    print("## Rician statistics, measured over formula\n")
    print("| scan | signal/σ | mean | standard deviation |\n|---|---|---|---|")
    for name, acquisition in SCANS.items():
        for ratio in (0.0, 1.0, 3.0, 20.0):
            image = torch.zeros(1, 2, 96, 96, 96)
            image[:, 0] = ratio
            seen = acquire(image, acquisition, 1.0, torch.Generator().manual_seed(1))
            half = ratio**2 / 4
            bessel = (1 + 2 * half) * i0e(half) + 2 * half * i1e(half)
            mean = math.sqrt(math.pi / 2) * bessel
            spread = math.sqrt(2 + ratio**2 - mean**2)
            found = seen.mean().item() / mean, seen.std().item() / spread
            print(f"| {name} | {ratio:g} | {found[0]:.4f} | {found[1]:.4f} |")


def fields(count: int = 200) -> None:
    """Print spread and correlation length over the formula's."""
    print(f"\n## Gaussian fields, {count} draws, measured over formula\n")
    print("| grid | standard deviation | at the border | length by axis |\n|---|---|---|---|")
    for name, (shape, spacing, length) in FIELDS.items():
        generator = torch.Generator().manual_seed(2)
        drawn = torch.cat([smooth_field(shape, spacing, length, generator) for _ in range(count)])
        drawn = drawn[:, 0]
        nu = 3.0 - len(shape) / 2
        lengths = [_length(drawn, axis + 1, h, nu) / length for axis, h in enumerate(spacing)]
        border = drawn[:, 0].square().mean().sqrt().item()
        told = ", ".join(f"{one:.3f}" for one in lengths)
        print(f"| {name} | {drawn.square().mean().sqrt():.3f} | {border:.3f} | {told} |")


def _length(drawn: Tensor, axis: int, spacing: float, nu: float) -> float:
    """ℓ for which the Matérn formula has the correlation that was found at a few lags."""
    power = drawn.square().mean()
    best = (math.inf, 0.0)
    lags = range(2, max(3, round(8 / spacing)))
    n = drawn.shape[axis]
    found = [
        ((drawn.narrow(axis, 0, n - k) * drawn.narrow(axis, k, n - k)).mean() / power).item()
        for k in lags
    ]
    for step in range(200, 801):
        length = step / 100
        r = [k * spacing / length for k in lags]
        formula = [2 ** (1 - nu) / gamma(nu) * x**nu * kv(nu, x) for x in r]
        error = sum((a - b) ** 2 for a, b in zip(found, formula, strict=True))
        best = min(best, (error, length))
    return best[1]


def speed(count: int = 12) -> None:
    """Print Mvoxel/s of one core for whole samples and parts of them, beside scikit-fmm."""
    shape = (96, 96, 96)
    print(f"\n## Speed at {'×'.join(map(str, shape))}, one core, mean over {count} samples\n")
    print("| what | ms | Mvoxel/s |\n|---|---|---|")
    for name in ("carotid", "seed"):
        recipe = load_recipe(name)

        def draw(index: int, recipe=recipe) -> Plan:  # type: ignore[no-untyped-def]
            return draw_plan(recipe, 3, index, shape=shape)

        plans = [draw(index) for index in range(count)]
        geometry = sum(_best(lambda i=i: draw(i)) for i in range(count)) / count
        imaging = sum(_best(plan.magnitude) for plan in plans) / count
        _row(f"{name}: whole sample, geometry to magnitude", geometry + imaging)
        _row(f"{name}: geometry", geometry)
        _row(f"{name}: appearance", imaging)
    plan = draw_plan(load_recipe("carotid"), 3, 0, shape=shape)
    _row("redistancing, ours", _best(lambda: redistance(plan.phi, plan.spacing)))
    try:
        import skfmm
    except ImportError:
        print("| redistancing, scikit-fmm | not installed | |")
        return
    grid = plan.phi[0, 0].numpy()
    _row("redistancing, scikit-fmm", _best(lambda: skfmm.distance(grid, dx=list(plan.spacing))))


def _best(work: Callable[[], object], repeats: int = 3) -> float:
    """Least processor seconds: another program on the same core is not counted."""
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def _row(name: str, seconds: float) -> None:
    print(f"| {name} | {1e3 * seconds:.0f} | {96**3 / 1e6 / seconds:.1f} |")


def fault_of(name: str, seed: int, index: int, shape: tuple[int, ...]) -> str:
    """Say what is wrong with one sample; nothing if all is well."""
    recipe = load_recipe(name)
    plan = draw_plan(recipe, seed, index, shape=shape)
    sample = draw_sample(recipe, seed, index, shape=shape)
    magnitude, mask = torch.from_numpy(sample.magnitude.values), sample.mask.values
    if not torch.isfinite(magnitude).all() or magnitude.min() < 0:
        return "grey value not finite or negative"
    if not torch.isfinite(torch.from_numpy(sample.distance.values)).all():
        return "distance not finite"
    if magnitude.max() <= magnitude.min():
        return "constant image"
    if not mask.any():
        return "" if isinstance(plan.solid, Empty) else "empty mask"
    if mask.all():
        return "full mask"
    return "vessel in pieces" if loose_pieces(mask) > enclosed(plan.solid) else ""


def loose_pieces(mask: np.ndarray) -> int:
    """Count the pieces that touch no border: a vessel that leaves the view may come back."""
    pieces, _ = label(mask, structure=np.ones((3,) * mask.ndim))
    inner = tuple(slice(1, -1) for _ in mask.shape)
    rim = pieces.copy()
    rim[inner] = 0
    return len(set(np.unique(pieces)) - set(np.unique(rim)) - {0})


def enclosed(solid: Solid) -> int:
    """Count the trees that may lie in the view whole; the parts of a union are apart."""
    return sum(map(enclosed, solid.parts)) if isinstance(solid, Union) else 1


def robustness(count: int) -> None:
    """Print what went wrong in so many draws."""
    print(f"\n## {count} draws over {', '.join(recipe_names())}\n")
    faults: Counter[tuple[str, str]] = Counter()
    done: Counter[str] = Counter()
    for index in range(count):
        name = recipe_names()[index % len(recipe_names())]
        shape = SHAPES[index // len(recipe_names()) % len(SHAPES)]
        done[name] += 1
        try:
            fault = fault_of(name, 17, index, shape)
        except Exception as error:  # Counted and told: that is the measure.
            fault = f"{type(error).__name__}: {error}"[:80]
        if fault:
            faults[name, fault] += 1
            print(f"{name} {index} {shape}: {fault}", file=sys.stderr, flush=True)
    print("| recipe | draws | faults |\n|---|---|---|")
    for name in recipe_names():
        told = ", ".join(f"{n} × {what}" for (who, what), n in faults.items() if who == name)
        print(f"| {name} | {done[name]} | {told or 'none'} |")


if __name__ == "__main__":
    torch.set_num_threads(1)
    rician()
    fields()
    speed()
    robustness(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
