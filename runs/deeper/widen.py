"""Give a trained U-Net more channels and coarser levels without changing what it computes.

    python runs/deeper/widen.py vessel3d WIDE.safetensors --widths 32 64 96 128 192

What is new listens to everything and is not yet listened to: weights from new channels to old ones
are zero, and a new coarsest level returns what it is given. After Chen et al. 2016 (Net2Net), with
new channels drawn afresh rather than copied: copies of a channel would learn the same again. Their
batch norms are measured on synthetic scans, for training keeps such statistics as they are.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from lumenfield.networks import Checkpoint, UNet, save_checkpoint
from lumenfield.networks.models import load_model
from lumenfield.synthesis import draw_sample, load_recipe

SCANS = 32
GRID = (64, 64, 64)


def main() -> None:
    """Widen a network and write it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run", help="a run folder, a file, or the name of a shipped network")
    parser.add_argument("wide", type=Path)
    parser.add_argument("--widths", type=int, nargs="+", required=True)
    given = parser.parse_args()
    checkpoint = load_model(given.run)
    old = checkpoint.network
    if not isinstance(old, UNet) or old.config.block != "plain" or old.config.sharpen:
        parser.error("only a plain U-Net can be widened")
    torch.manual_seed(0)
    wide = widened(old, tuple(given.widths))
    measure_norms(wide, checkpoint)
    # A multiple of what either pads to.
    image = torch.randn(1, 1, 64, 64, 96)
    with torch.inference_mode():
        change = (wide.eval()(image) - old.eval()(image)).abs().max().item()
    print(f"{sum(p.numel() for p in wide.parameters())} weights; logits change by {change:.1g}")
    save_checkpoint(given.wide, replace(checkpoint, network=wide))


def widened(old: UNet, widths: tuple[int, ...]) -> UNet:
    """Build a U-Net of more channels, and perhaps levels, that computes the same.

    Raises:
        ValueError: fewer channels or levels than before.
    """
    extra = len(widths) - len(old.config.widths)
    if extra < 0 or any(b < a for a, b in zip(old.config.widths, widths, strict=False)):
        raise ValueError(f"{widths} is not wider than {old.config.widths}")
    wide = UNet(replace(old.config, widths=widths))
    state = wide.state_dict()
    for name, tensor in old.state_dict().items():
        joined = name.startswith("up.") and name.endswith(".0.0.weight")
        _put(state[_renamed(name, extra)], tensor, halves=2 if joined else 1)
    for index in range(extra):
        _pass_on(state, index)
    wide.load_state_dict(state)
    return wide


def _renamed(name: str, extra: int) -> str:
    """Say what a part is called beneath so many new levels; the way up is numbered from below."""
    part, _, rest = name.partition(".")
    if part not in ("up", "narrow"):
        return name
    index, _, tail = rest.partition(".")
    return f"{part}.{int(index) + extra}.{tail}"


def _put(new: Tensor, old: Tensor, *, halves: int) -> None:
    """Write old weights into new ones; what new channels would tell old ones becomes zero.

    Args:
        halves: of the incoming channels: two where the grid's own and those from below are joined.
    """
    if new.ndim == 0:  # batches that a norm has seen
        return
    if new.ndim == 1:
        new[: len(old)] = old
        return
    new[: len(old)] = 0
    for half in range(halves):
        n, n_old = new.shape[1] // halves, old.shape[1] // halves
        new[: len(old), half * n : half * n + n_old] = old[:, half * n_old : (half + 1) * n_old]


def _pass_on(state: dict[str, Tensor], index: int) -> None:
    """Make a level of the way up return its finer input; a rectifier leaves what is positive."""
    for unit in (0, 1):
        weight = state[f"up.{index}.{unit}.0.weight"]
        weight.zero_()
        middle = (slice(None), slice(None), *(size // 2 for size in weight.shape[2:]))
        weight[middle][:, : len(weight)] = torch.eye(len(weight))
        norm = f"up.{index}.{unit}.1."
        state[norm + "running_mean"].zero_()
        state[norm + "running_var"].fill_(1 - nn.BatchNorm3d(1).eps)
        state[norm + "weight"].fill_(1)
        state[norm + "bias"].zero_()


def measure_norms(wide: UNet, checkpoint: Checkpoint) -> None:
    """Measure the statistics of the new channels' batch norms on scans; keep those of the old."""
    norms = _norms(wide)
    kept = {name: (m.running_mean.clone(), m.running_var.clone()) for name, m in norms.items()}
    # The way up from a new level was set, all of it; the way down to it is new.
    n_old = {name: m.num_features if name.startswith("up.") else 0 for name, m in norms.items()}
    extra = len(wide.down) - len(checkpoint.network.down)
    for name, norm in _norms(checkpoint.network).items():
        n_old[_renamed(name, extra)] = norm.num_features
    wide.train()
    for name, norm in norms.items():
        norm.reset_running_stats()
        norm.momentum = None
        if n_old[name] >= norm.num_features:
            norm.running_mean, norm.running_var = (one.clone() for one in kept[name])
            norm.eval()
    recipe = load_recipe("any")
    with torch.inference_mode():
        for index in range(SCANS):
            scan = draw_sample(recipe, seed=29, index=index, shape=GRID).magnitude
            image = torch.as_tensor(scan.values)[None, None]
            wide(checkpoint.preprocessing.normalise(image))
    for name, norm in norms.items():
        mean, variance = (one[: n_old[name]] for one in kept[name])
        norm.running_mean[: len(mean)], norm.running_var[: len(variance)] = mean, variance
        norm.momentum = 0.1


def _norms(network: nn.Module) -> dict[str, nn.BatchNorm3d]:
    return {name: m for name, m in network.named_modules() if isinstance(m, nn.BatchNorm3d)}


if __name__ == "__main__":
    main()
