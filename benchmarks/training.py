"""Training step time: our 3-D U-Net and loop beside MONAI's same architecture in a plain loop.

    python benchmarks/training.py

One step is a batch of two 64³ patches: forward, cross-entropy + Dice, backward, AdamW. Networks
have levels of 32, 64, 128 and 256 channels, two 3-wide convolutions each, strided down, batch norm.
The plain loop is float32, as a script from a tutorial is; it is also given bfloat16 autocast and
channels-last, to tell what is ours in the ratio. Least of several steps, alternating.
"""

import time
from collections.abc import Callable

import torch

from lumenfield.data import Batch
from lumenfield.networks import UNetConfig
from lumenfield.training import TrainingConfig
from lumenfield.training.learner import learn, make_learner

WIDTHS = (32, 64, 128, 256)
ROUNDS = 4


def main() -> None:
    generator = torch.Generator().manual_seed(0)
    image = torch.randn(2, 1, 64, 64, 64, generator=generator)
    target = (image > 1).float()
    steps: dict[str, Callable[[], float]] = {
        "MONAI DynUNet, plain loop, float32": monai_step(image, target, mixed=False),
        "MONAI DynUNet, bfloat16, channels-last": monai_step(image, target, mixed=True),
        "ours, the same architecture": our_step(image, target, fold=1),
        "ours, folded by two (the default)": our_step(image, target, fold=2),
    }
    seconds = dict.fromkeys(steps, float("inf"))
    for _ in range(ROUNDS):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            seconds[name] = min(seconds[name], time.perf_counter() - began)
    plain = seconds["MONAI DynUNet, plain loop, float32"]
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads\n")
    print("| step of 2 × 64³ | s | against the plain loop |")
    print("|---|---:|---:|")
    for name, time_s in seconds.items():
        print(f"| {name} | {time_s:.2f} | {time_s / plain:.2f} |")


def our_step(image: torch.Tensor, target: torch.Tensor, *, fold: int) -> Callable[[], float]:
    """One step of `training.learn` on a fixed batch."""
    plan = UNetConfig(ndim=3, widths=WIDTHS, fold=fold)  # type: ignore[arg-type]
    config = TrainingConfig(network=plan, device="cpu")
    learner, batch = make_learner(config), Batch(image, target)
    return lambda: learn(config, learner, [batch], step=0, rate=1e-3)


def monai_step(image: torch.Tensor, target: torch.Tensor, *, mixed: bool) -> Callable[[], float]:
    """One step of a loop as tutorials write it."""
    from monai.losses import DiceCELoss
    from monai.networks.nets import DynUNet

    network = DynUNet(
        3,
        1,
        1,
        kernel_size=[3, 3, 3, 3],
        strides=[1, 2, 2, 2],
        upsample_kernel_size=[2, 2, 2],
        filters=list(WIDTHS),
        norm_name="batch",
    )
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
        return float(loss)

    return step


if __name__ == "__main__":
    main()
