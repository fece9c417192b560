"""Training step time: our 3-D U-Net and loop beside MONAI's same architecture in a plain loop.

    python benchmarks/training.py [ROUNDS]

One step is a batch of two 64³ patches: forward, cross-entropy + Dice, backward, AdamW. Networks
have levels of 32, 64, 128 and 256 channels, two 3-wide convolutions each, strided down, batch norm.
The plain loop is float32, as a script from a tutorial is; it is also given bfloat16 autocast and
channels-last, to tell what is ours in the ratio. Least of several steps, alternating; processor
seconds beside those of the clock, since a shared machine stretches only the latter.
"""

import sys
import time
from collections.abc import Callable

import torch

from lumenfield.data import Batch
from lumenfield.networks import UNetConfig
from lumenfield.training import TrainingConfig
from lumenfield.training.learner import make_learner
from lumenfield.training.step import learn

WIDTHS = (32, 64, 128, 256)


def main(rounds: int = 4) -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(2, 1, 64, 64, 64, generator=generator)
    target = (image > 1).float()
    steps: dict[str, Callable[[], float]] = {
        "MONAI DynUNet, plain loop, float32": monai_step(image, target, mixed=False),
        "MONAI DynUNet, bfloat16, channels-last": monai_step(image, target, mixed=True),
        "ours, the same architecture": our_step(image, target, fold=1),
        "ours, folded by two (the default)": our_step(image, target, fold=2),
    }
    least = dict.fromkeys(steps, (float("inf"), float("inf")))
    for _ in range(rounds):
        for name, step in steps.items():
            least[name] = tuple(map(min, least[name], timed(step)))  # type: ignore[assignment]
    plain = least["MONAI DynUNet, plain loop, float32"]
    print(f"torch {torch.__version__}, {torch.get_num_threads()} thread(s)\n")
    print("| step of 2 × 64³ | processor s | against the plain loop | clock s | against it |")
    print("|---|---:|---:|---:|---:|")
    for name, (busy, clock) in least.items():
        against = busy / plain[0], clock / plain[1]
        print(f"| {name} | {busy:.2f} | {against[0]:.2f} | {clock:.2f} | {against[1]:.2f} |")


def timed(step: Callable[[], float]) -> tuple[float, float]:
    """Take a step and give its seconds, of the processor and of the clock."""
    busy, clock = time.process_time(), time.perf_counter()
    step()
    return time.process_time() - busy, time.perf_counter() - clock


def our_step(image: torch.Tensor, target: torch.Tensor, *, fold: int) -> Callable[[], float]:
    """One step of `training.learn` on a fixed batch."""
    plan = UNetConfig(ndim=3, widths=WIDTHS, fold=fold)  # type: ignore[arg-type]
    config = TrainingConfig(network=plan, device="cpu")
    learner, batch = make_learner(config), Batch(image, target)
    return lambda: learn(config, learner, [batch], step=0, rate=1e-3)


def monai_step(image: torch.Tensor, target: torch.Tensor, *, mixed: bool) -> Callable[[], float]:
    """One step of a loop as tutorials write it."""
    from monai.losses import DiceCELoss

    network = dynunet()
    loss_of = DiceCELoss(sigmoid=True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3)
    if mixed:
        network.to(memory_format=torch.channels_last_3d)

    def step() -> float:
        optimiser.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mixed):
            logits = network(image)
        loss = loss_of(logits.float(), target)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        return loss.item()

    return step


def dynunet() -> torch.nn.Module:
    """The same architecture, as MONAI builds it."""
    from monai.networks.nets import DynUNet

    network: torch.nn.Module = DynUNet(
        3,
        1,
        1,
        kernel_size=[3, 3, 3, 3],
        strides=[1, 2, 2, 2],
        upsample_kernel_size=[2, 2, 2],
        filters=list(WIDTHS),
        norm_name="batch",
    )
    return network


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
