"""Does the noise of a synthetic scan tell where the lumen is? Prints a table, a family a row.

The test is a threshold on the local noise level, the best of all thresholds in hindsight, scored
with Dice. Signal must not help it, or it would find the lumen by its brightness: multiplicative
texture is stronger where the signal is, and the noise of a magnitude is 0.66 σ in air and σ in
blood, in a true scan too. So each scan is drawn again with lumen and surroundings of one level
(`without_contrast`): wall, patches, organs, air, inflow and flow phase go; texture, coil, ghosts,
k-space and complex noise stay as drawn. What is then left to see is a leak.

"nothing" is the Dice of calling every voxel lumen, the floor of any best threshold. "prototype"
is the same measure where noise was added outside the lumen alone, to show that it finds a leak.

    python benchmarks/leak.py [SCANS] > benchmarks/leak.md
"""

import sys
from dataclasses import dataclass, replace

import torch
from scipy.ndimage import gaussian_filter

from lumenfield.synthesis import Recipe, draw_plan, load_recipe
from lumenfield.synthesis.appearance import Appearance, signal_magnitude
from lumenfield.synthesis.flow import Flow
from lumenfield.synthesis.sample import Plan
from lumenfield.tensors import Tensor

SHAPE = (48, 48, 48)
WIDTH = 1.5
"""Voxels that the noise level is smoothed over."""


@dataclass(frozen=True)
class Leak:
    """Dice of a scan: of the best threshold, of no knowledge, of the prototype's noise."""

    best: float
    nothing: float
    prototype: float


def measure(plan: Plan) -> Leak:
    """Score one scan without contrast."""
    assert isinstance(plan.look, Appearance)
    lumen = (plan.phi < 0)[0, 0]
    share = float(lumen.float().mean())
    flat = signal_magnitude(plan.phi, plan.spacing, without_contrast(plan.look))[0, 0]
    noise = torch.randn(lumen.shape, generator=torch.Generator().manual_seed(0))
    return Leak(
        best_dice(noise_level(flat), lumen),
        2 * share / (1 + share),
        best_dice(noise_level(torch.where(lumen, 0.0, 0.05 * noise)), lumen),
    )


def without_contrast(look: Appearance) -> Appearance:
    """Give lumen and surroundings one level; texture, coil and acquisition stay."""
    tissue = replace(look.tissue, levels=(look.lumen,), organs=(), sheets=(), air=0.0)
    return replace(
        look,
        least_contrast=0.0,
        unevenness=0.0,
        inflow=0.0,
        graded=0.0,
        wall_voxels=0.0,
        flow=Flow(),
        tissue=tissue,
    )


def noise_level(image: Tensor) -> Tensor:
    """Local standard deviation of what a smoothing takes away."""
    rough = image.numpy() - gaussian_filter(image.numpy(), WIDTH)
    return torch.from_numpy(gaussian_filter(rough**2, WIDTH)).sqrt()


def best_dice(level: Tensor, lumen: Tensor) -> float:
    """Score the best threshold on a map, from either side."""
    order = level.flatten().argsort()
    hits = lumen.flatten()[order].cumsum(0)
    taken = torch.arange(1, len(order) + 1)
    total = hits[-1]
    below = 2 * hits / (taken + total)
    above = 2 * (total - hits) / (len(order) - taken + total)
    return float(torch.maximum(below, above).max())


def family_alone(recipe: Recipe, family: str) -> Recipe:
    """Draw vessels as the recipe does, thin enough to leave room for noise, in one family."""
    kinds = {kind: weight for kind, weight in recipe.anatomy.kinds.items() if kind != "empty"}
    anatomy = replace(recipe.anatomy, kinds=kinds, radius_voxels=(2.5, 6.0), trees=(1, 1))
    return replace(recipe, weights={family: 1.0}, plain_weight=0.0, anatomy=anatomy)


def main(scans: int) -> None:
    """Print the table."""
    recipe = load_recipe("any")
    print(f"{scans} scans of {'×'.join(map(str, SHAPE))} a family; mean (worst) Dice\n")
    print("| family | best threshold | nothing | prototype |")
    print("|---|---|---|---|")
    for family in recipe.families:
        alone = family_alone(recipe, family)
        leaks = [measure(draw_plan(alone, 11, i, shape=SHAPE)) for i in range(scans)]
        cells = []
        for name in ("best", "nothing", "prototype"):
            values = [getattr(leak, name) for leak in leaks]
            cells.append(f"{sum(values) / scans:.3f} ({max(values):.3f})")
        print(f"| {family} | {' | '.join(cells)} |")


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 12)
