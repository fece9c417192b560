"""Rivals and other sizes of the shipped network, from nothing, on the same samples in equal time.

    python benchmarks/networks_rivals.py -o RUNS [--minutes 20] [--batches 600] [--only ours …]
    python benchmarks/networks.py --model RUNS/monai.safetensors --plain --rows monai.jsonl

Each gets the same stream of recipe `any` (64³, two at a time), one thread, bfloat16, AdamW on a
cosine over its own processor time, cross-entropy and Dice. Drawing is not counted. `PLANS` lists
our U-Net in six sizes, MONAI's as its tutorials build it, and the network that nnU-Net plans for
64³ patches, without deep supervision: from nnU-Net's own package where that is installed, else as
MONAI's DynUNet.
"""

import argparse
import itertools
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import nn

from lumenfield.data.batch import Batch
from lumenfield.networks import Checkpoint, build, save_checkpoint
from lumenfield.networks.blocks import crop, pad
from lumenfield.networks.plan import HeadName, Network, NetworkConfig
from lumenfield.networks.table import Family
from lumenfield.networks.unet import UNetConfig
from lumenfield.synthesis import SampleStream, load_recipe
from lumenfield.training.losses import cross_entropy, dice

SEED = 811_203_004
SIZE = 64
RATE = 2e-3


@dataclass(frozen=True)
class RivalConfig(NetworkConfig):
    """Which rival."""

    rival: Literal["monai", "nnunet"] = "monai"
    ndim: Literal[2, 3] = 3
    head: HeadName = "logits"
    kind: str = "networks_rivals:RIVAL"

    @property
    def multiple(self) -> int:
        """Both halve the grid four times."""
        return 16


class Rival(Network):
    """A rival behind the interface of our networks."""

    def __init__(self, config: RivalConfig) -> None:
        super().__init__()
        self.config = config
        self.body = {"monai": _monai, "nnunet": _nnunet}[config.rival]()

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Pad to what the rival needs, and cut back."""
        padded = pad(image, self.config.multiple)
        return crop(self.body(padded), tuple(image.shape[2:]))


RIVAL = Family(RivalConfig, Rival)

PLANS: dict[str, NetworkConfig] = {
    "tiny": UNetConfig(widths=(8, 16, 24, 32)),
    "small": UNetConfig(widths=(16, 32, 48, 64)),
    "ours": UNetConfig(),
    "deep": UNetConfig(widths=(32, 64, 96, 128, 160)),
    "large": UNetConfig(widths=(48, 80, 112, 160, 208)),
    "unfolded": UNetConfig(widths=(16, 32, 64, 96, 128), fold=1),
    "monai": RivalConfig(rival="monai"),
    "nnunet": RivalConfig(rival="nnunet"),
}


def main() -> None:
    """Train those asked for, one after another."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-o", dest="folder", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument(
        "--batches", type=int, default=600, help="drawn once; a faster network sees them again"
    )
    parser.add_argument("--only", choices=PLANS, action="append")
    given = parser.parse_args()
    torch.set_num_threads(1)
    given.folder.mkdir(parents=True, exist_ok=True)
    pool = drawn_once(given.folder / "samples.pt", given.batches)
    for name in given.only or PLANS:
        network = build(PLANS[name])
        steps, last = trained(network, pool, given.minutes)
        told = {"rival": name, "steps": steps, "cpu_minutes": given.minutes, "loss": last}
        save_checkpoint(
            given.folder / f"{name}.safetensors", Checkpoint(network.eval(), provenance=told)
        )
        weights = sum(p.numel() for p in network.parameters())
        print(f"{name}: {weights / 1e6:.1f} million weights, {steps} steps, loss {last:.3f}")


def trained(network: nn.Module, pool: list[Batch], minutes: float) -> tuple[int, float]:
    """Train for that much processor time; give the steps and the mean of the last losses."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE)
    network.train()
    began, losses = time.process_time(), []
    for batch in itertools.cycle(pool):
        share = (time.process_time() - began) / (60 * minutes)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = RATE * 0.5 * (1 + math.cos(math.pi * share))
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(batch.image.float())
        target = batch.target.float()
        loss = cross_entropy(logits, target) + dice(logits, target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        # A step that is not finite is left out, as our own loop does.
        if nn.utils.clip_grad_norm_(network.parameters(), 1.0).isfinite():
            optimizer.step()
            losses.append(float(loss.detach()))
    tail = losses[-20:]
    return len(losses), sum(tail) / max(1, len(tail))


def drawn_once(path: Path, count: int) -> list[Batch]:
    """Draw the batches, or read those that another call drew."""
    if not path.is_file():
        stream = SampleStream(load_recipe("any"), SEED, (SIZE,) * 3, batch_size=2)
        some = itertools.islice(iter(stream), count)
        torch.save([(b.image.half(), b.target.to(torch.uint8)) for b in some], path)
    pool = [Batch(image, target) for image, target in torch.load(path)]
    if len(pool) < count:
        raise SystemExit(f"{path} holds {len(pool)} batches, fewer than {count}: remove it")
    return pool[:count]


def _monai() -> nn.Module:
    from monai.networks.nets import UNet

    return UNet(
        spatial_dims=3,
        in_channels=1,
        out_channels=1,
        channels=(16, 32, 64, 128, 256),
        strides=(2, 2, 2, 2),
        num_res_units=2,
        norm="batch",
    )


def _nnunet() -> nn.Module:
    try:
        from dynamic_network_architectures.architectures.unet import PlainConvUNet
    except ImportError:
        return _nnunet_by_monai()
    network = PlainConvUNet(
        1,
        5,
        (32, 64, 128, 256, 320),
        nn.Conv3d,
        3,
        (1, 2, 2, 2, 2),
        (2,) * 5,
        1,
        (2,) * 4,
        conv_bias=True,
        norm_op=nn.InstanceNorm3d,
        norm_op_kwargs={"eps": 1e-5, "affine": True},
        nonlin=nn.LeakyReLU,
        nonlin_kwargs={"inplace": True},
    )
    # It names its weights several times over, which a checkpoint refuses.
    del network.decoder.encoder
    for block in network.modules():
        if hasattr(block, "all_modules"):
            del block.conv, block.norm
    return network


def _nnunet_by_monai() -> nn.Module:
    from monai.networks.nets import DynUNet

    return DynUNet(
        spatial_dims=3,
        in_channels=1,
        out_channels=1,
        kernel_size=(3,) * 5,
        strides=(1, 2, 2, 2, 2),
        upsample_kernel_size=(2,) * 4,
        filters=(32, 64, 128, 256, 320),
        norm_name=("INSTANCE", {"affine": True}),
    )


if __name__ == "__main__":
    main()
