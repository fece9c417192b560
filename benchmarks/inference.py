"""How fast and how large: the networks' part of `segment`, beside MONAI's and nnU-Net's.

    export OMP_WAIT_POLICY=passive
    python benchmarks/inference.py [--nnunet VENV/bin/python] [--large] > benchmarks/inference.md

Both sides of a ratio are measured in one run, on the same volume. CPU seconds are those of all
threads together: they hold on a busy machine, where wall-clock seconds do not, but only if threads
wait passively; those that spin are counted too, up to five times. `--large` adds a 512³ scan, which
takes many minutes. nnU-Net needs an environment of its own: torch and nnunetv2, without
torchvision.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from lumenfield import io
from lumenfield.datatypes import Volume, scaling
from lumenfield.inference import PredictOptions, predict, tiled
from lumenfield.inference.readers import ready
from lumenfield.networks.models import load_model
from lumenfield.spacing import voxel_mm
from lumenfield.synthesis import draw_sample, load_recipe

MODEL = "vessel3d"
HELD_OUT = 987_654

TUBES = ((0.5, 0.5, 0.1, 0.08, 0.03), (0.35, 0.6, 0.15, 0.05, 0.015), (0.7, 0.3, 0.05, 0.12, 0.012))
"""Place, swing and radius of each vessel, as shares of the grid's edge."""


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nnunet", type=Path, help="python of an environment with nnunetv2")
    parser.add_argument("--large", action="store_true", help="a 512³ scan too")
    parser.add_argument("--scans", type=int, default=24, help="drawn for the spread")
    arguments = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {os.uname().machine}")
    print(f"with {os.getloadavg()[0]:.1f} other processes busy: wall-clock seconds are too long\n")
    print("| measure | ours | rival | ratio or bar |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        starts(Path(folder))
        spread(arguments.scans)
        network_alone()
        beside_monai()
        whole(Path(folder), 128, "≤ 15 s")
        if arguments.nnunet:
            beside_nnunet(Path(folder), arguments.nnunet)
        if arguments.large:
            whole(Path(folder), 512, "≤ 4 GB", "--max-memory", "3.6")


def row(measure: str, ours: str, rival: str, verdict: str) -> None:
    """Print one line of the table at once."""
    print(f"| {measure} | {ours} | {rival} | {verdict} |", flush=True)


def phantom(edge: int) -> Volume:
    """Three bent tubes in a bright body with air about it, Rician noise, as whole numbers."""
    draw = np.random.default_rng(0)
    y, z = np.meshgrid(*[np.arange(edge, dtype=np.float32)] * 2, indexing="ij")
    body = np.where(np.hypot(y - edge / 2, z - edge / 2) < 0.42 * edge, 150, 0)
    values = np.empty((edge,) * 3, np.int16)
    for x in range(edge):
        gap = np.full(body.shape, np.inf, np.float32)
        for k, (cy, cz, a, b, radius) in enumerate(TUBES):
            middle = cy + a * np.sin(5 * x / edge + k), cz + b * np.cos(4 * x / edge + 2 * k)
            gap = np.minimum(
                gap, np.hypot(y - edge * middle[0], z - edge * middle[1]) - edge * radius
            )
        real = (
            body
            + 450 / (1 + np.exp(np.clip(1.3 * gap, -30, 30)))
            + 25 * draw.standard_normal(body.shape)
        )
        values[x] = np.hypot(real, 25 * draw.standard_normal(body.shape))
    return Volume(values, scaling((0.8, 0.8, 0.8)))


def timed(work: Callable[[], object], repeats: int = 3) -> tuple[float, float]:
    """Give the least wall-clock and CPU seconds of some repeats."""
    walls, works = [], []
    for _ in range(repeats):
        began, busy = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - began)
        works.append(time.process_time() - busy)
    return min(walls), min(works)


def command(*words: str) -> tuple[float, float]:
    """Run the program from a cold start; give wall-clock and CPU seconds."""
    began, before = time.perf_counter(), os.times()
    subprocess.run(
        [sys.executable, "-m", "lumenfield.cli", *words], check=True, capture_output=True
    )
    after = os.times()
    busy = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    return time.perf_counter() - began, busy


def starts(folder: Path) -> None:
    """Time what should answer at once."""
    scan = folder / "small.nii.gz"
    io.write(phantom(64), scan)
    for words, bar in ((("--help",), "≤ 0.3 s"), (("info", str(scan)), "≤ 1 s")):
        wall, busy = min(command(*words) for _ in range(3))
        row(f"`{words[0].strip('-')}`, cold start", f"{wall:.2f} s ({busy:.2f} s CPU)", "–", bar)


def spread(scans: int) -> None:
    """Count how often the true wall is within the network's own 95 % interval, scan by scan.

    Held-out scans of recipe `any`, whose seeds training never draws. At the predicted wall;
    errors of two voxels and more are vessels missed or invented, told as a share.
    """
    checkpoint, recipe = load_model(MODEL), load_recipe("any")
    covered, ratios, gross = [], [], []
    for index in range(scans):
        sample = draw_sample(recipe, HELD_OUT, index, shape=(64,) * 3)
        found = predict(sample.magnitude, [checkpoint])
        voxel = voxel_mm(sample.magnitude.spacing)
        wall = np.abs(found.distance.values) < 0.5 * voxel
        error = (sample.distance.values - found.distance.values)[wall]
        small = np.abs(error) < 2 * voxel
        if small.sum() < 50:
            continue
        gross.append(1 - small.mean())
        scaled = error[small] / found.spread.values[wall][small]
        covered.append((np.abs(scaled) < 1.96).mean())
        ratios.append(np.sqrt((scaled**2).mean()))
    row(
        f"network's 95 % interval, {len(covered)} held-out scans of `any`",
        f"covers {np.mean(covered):.3f} of the wall (10–90 %: "
        f"{np.quantile(covered, 0.1):.2f}–{np.quantile(covered, 0.9):.2f})",
        f"rms error {np.median(ratios):.2f} of the spread, median; {np.mean(gross):.2f} is gross",
        "0.95",
    )


def network_alone() -> None:
    """Time the default network, with its mirrored and enlarged copies, on 128³."""
    scan, checkpoint = phantom(128), load_model(MODEL)
    wall, busy = timed(lambda: predict(scan, [checkpoint]), repeats=2)
    row("default network alone, 128³", f"{wall:.1f} s ({busy:.1f} s CPU)", "–", "≤ 5 s")


def beside_monai() -> None:
    """Time one pass of our network over 224³ in eight tiles, ours and MONAI's.

    At this edge both lay their tiles at the same places; elsewhere ours are spread evenly.
    """
    try:
        from monai.inferers import sliding_window_inference
    except ImportError:
        return
    checkpoint, tile = load_model(MODEL), (128,) * 3
    image = checkpoint.preprocessing.normalise(
        torch.from_numpy(phantom(224).values.astype(np.float32))[None, None]
    )

    def theirs(precision: str) -> torch.Tensor:
        lower = precision == "bfloat16"
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=lower):
            found = sliding_window_inference(
                image, tile, 1, checkpoint.network, overlap=0.25, mode="gaussian"
            )
        return torch.as_tensor(found).float()

    def ours(precision: Literal["bfloat16", "float32"]) -> torch.Tensor:
        # Made ready each time, as for a scan.
        (reader,) = ready([checkpoint], [image], PredictOptions(precision=precision))
        return tiled(reader.network, image, tile, overlap=0.25)

    for precision in ("float32", "bfloat16"):
        gap = float((ours(precision).sigmoid() - theirs(precision).sigmoid()).abs().max())
        mine = timed(partial(ours, precision), repeats=2)
        other = timed(partial(theirs, precision), repeats=2)
        row(
            f"224³ in tiles of 128³, overlap ¼, {precision}, against MONAI",
            f"{mine[0]:.1f} s ({mine[1]:.1f} s CPU)",
            f"{other[0]:.1f} s ({other[1]:.1f} s CPU)",
            f"{other[1] / mine[1]:.1f}× (bar 2×); probabilities within {gap:.1e}",
        )


def whole(folder: Path, edge: int, bar: str, *more: str) -> tuple[float, float]:
    """Time the whole command on one scan, cold start to files on disk."""
    scan = folder / f"scan{edge}.nii.gz"
    io.write(phantom(edge), scan)
    wall, busy = command("segment", str(scan), "-o", str(folder / "out"), "--no-refine", *more)
    record = json.loads((folder / "out" / f"scan{edge}" / "run.json").read_text())
    told = f"{wall:.0f} s ({busy:.0f} s CPU), peak {record['peak_memory_mb'] / 1024:.2f} GB"
    row(f"`segment --no-refine` on {edge}³, cold start to files", told, "–", bar)
    return wall, busy


def beside_nnunet(folder: Path, python: Path) -> None:
    """Time the whole of our command on 256³, and nnU-Net's predictor from one patch of it."""
    mine = whole(folder, 256, "below")
    rival = Path(__file__).with_name("nnunet_rival.py")
    words = [str(python), str(rival), "--threads", str(torch.get_num_threads()), "--patches", "2"]
    # Not our packages: its environment has its own.
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(words, check=True, capture_output=True, text=True, env=clean)
    told = json.loads(done.stdout.splitlines()[-1])
    other = [told["windows"] * told[name] for name in ("patch_s", "patch_cpu_s")]
    row(
        "256³, whole command against nnU-Net's predictor alone",
        f"{mine[0]:.0f} s ({mine[1]:.0f} s CPU)",
        f"{other[0]:.0f} s ({other[1]:.0f} s CPU), from the faster of 2 of its {told['windows']}",
        f"{other[0] / mine[0]:.0f}× by wall clock, {other[1] / mine[1]:.0f}× by CPU (bar 20×)",
    )


if __name__ == "__main__":
    main()
