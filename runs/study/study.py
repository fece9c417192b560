"""The study: every network, in 2-D and 3-D, under every loss, compared on scans that chose nothing.

    python runs/study/study.py OUT [--minutes 3] [--seeds 1] [--ndim 2 3] [--only unet fcn_resnet50]

Every cell learns from the same synthetic scans for the same wall-clock time, each in a process of
its own. Its validation scans choose the epoch; the test scans, of another seed, report. Cells that
OUT/results.jsonl already has are not run again, so the study can be filled bit by bit and on
several machines. `--table` only prints what is there.
"""

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, stdev

NETWORKS = {
    "unet": {"kind": "unet"},
    "residual unet": {"kind": "unet", "block": "residual"},
    "fcn_resnet50": {"kind": "fcn_resnet50"},
    "fcn_resnet101": {"kind": "fcn_resnet101"},
}
SIZES = {2: (64, 256), 3: (64,)}
"""Voxels along each edge: at 64 the map of an FCN is 8 wide, at 256 it is 32."""

LOSSES = {
    "cross-entropy": ("weighted_cross_entropy",),
    "Dice": ("dice",),
    "focal-Tversky": ("focal_tversky",),
    "cross-entropy + Dice": ("weighted_cross_entropy", "dice"),
    "cross-entropy + focal-Tversky": ("weighted_cross_entropy", "focal_tversky"),
    "Dice + focal-Tversky": ("dice", "focal_tversky"),
}
RECIPE = "any"
COUNTS = {"train": 240, "val": 16, "test": 48}
BATCH = {(2, 64): 16, (2, 256): 4, (3, 64): 2}
FIGURES = ("iou", "dice", "rms_voxels", "bias_voxels")


@dataclass(frozen=True)
class Cell:
    """One run of the study."""

    network: str
    ndim: int
    size: int
    loss: str
    seed: int
    minutes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=3.0, help="of training, each cell")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--ndim", type=int, nargs="+", default=[2, 3])
    parser.add_argument("--only", nargs="+", default=list(NETWORKS), metavar="NETWORK")
    parser.add_argument("--losses", nargs="+", default=list(LOSSES), metavar="LOSS")
    parser.add_argument("--table", action="store_true", help="print what is there, run nothing")
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.cell:
        print(json.dumps(run(Cell(**json.loads(given.cell)), given.out)))
        return
    given.out.mkdir(parents=True, exist_ok=True)
    if not given.table:
        done = {key(row) for row in results(given.out)}
        for cell in cells(given):
            if key(asdict(cell)) not in done:
                alone(cell, given.out)
    print(table(list(results(given.out))))


def cells(given: argparse.Namespace) -> Iterator[Cell]:
    """List the cells asked for, one seed after the other, so that the table fills evenly."""
    for seed in range(given.seeds):
        for ndim in given.ndim:
            for size in SIZES[ndim]:
                for loss in given.losses:
                    for network in given.only:
                        yield Cell(network, ndim, size, loss, seed, given.minutes)


def alone(cell: Cell, out: Path) -> None:
    """Run a cell in a process of its own, so that its memory can be told and a crash costs one."""
    command = [sys.executable, __file__, str(out), "--cell", json.dumps(asdict(cell))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"failed: {cell}", file=sys.stderr)
        return
    with (out / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(done.stdout.splitlines()[-1] + "\n")
    print(done.stdout.splitlines()[-1], file=sys.stderr)


def run(cell: Cell, out: Path) -> dict[str, object]:
    """Train one network, choose its epoch by validation, and score it on the test scans."""
    from lumenfield.config import from_mapping
    from lumenfield.data import Augmentation, BatchConfig, PairBatches, open_dataset, whole_batches
    from lumenfield.evaluation import evaluate_case
    from lumenfield.inference import PredictOptions, predict
    from lumenfield.io import read
    from lumenfield.networks import load_checkpoint
    from lumenfield.training import LossConfig, TrainingConfig, train

    data, test = (scans(part, cell, out) for part in ("data", "test"))
    plan = {**NETWORKS[cell.network], "ndim": cell.ndim}
    config = from_mapping(
        TrainingConfig,
        {
            "network": plan,
            "loss": {"terms": [[name, 1.0] for name in LOSSES[cell.loss]]},
            "steps_per_epoch": 20,
            "max_epochs": 10_000,
            "max_minutes": cell.minutes,
            "schedule": "cosine",
            "seed": cell.seed,
        },
    )
    assert isinstance(config.loss, LossConfig)
    pairs, normalise = open_dataset(data), config.preprocessing.normalise
    batches = PairBatches(
        pairs.train,
        normalise,
        BatchConfig(
            patch=(cell.size,) * cell.ndim,
            batch_size=BATCH[cell.ndim, cell.size],
            augmentation=Augmentation(warp=0.0, rare=0.0),
            seed=cell.seed,
            cached=COUNTS["train"],
        ),
    )
    name = f"{cell.network}-{cell.ndim}d-{cell.size}-{cell.loss}-{cell.seed}".replace(" ", "_")
    folder = out / "runs" / name
    *_, last = train(config, batches, whole_batches(pairs.val, normalise), folder=folder)
    checkpoint = load_checkpoint(folder / "best.safetensors")
    options = PredictOptions(scales=(1.0,))
    scored: dict[str, list[float]] = {figure: [] for figure in FIGURES}
    for pair in open_dataset(test).train:
        assert pair.distance is not None
        found = predict(read(pair.magnitude), [checkpoint], options)
        scores = evaluate_case(
            pair.name,
            found.distance,
            read(pair.distance),
            prediction_kind="distance",
            truth_kind="distance",
        ).scores
        for figure in FIGURES:
            if (value := scores.figure(figure)) is not None:
                scored[figure].append(value)
    return {
        **asdict(cell),
        **{figure: mean(values) for figure, values in scored.items()},
        "best_validation": last.best,
        "steps": last.step,
        "seconds_per_step": 60 * last.minutes / max(1, last.step),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "parameters": sum(weight.numel() for weight in checkpoint.network.parameters()),
    }


def scans(part: str, cell: Cell, out: Path) -> Path:
    """Draw the scans that all cells of this dimension and size share."""
    from lumenfield.jobs.generate import generate
    from lumenfield.synthesis import load_recipe

    folder = out / "scans" / f"{cell.ndim}d-{cell.size}-{part}"
    test = part == "test"
    for _ in generate(
        folder,
        count=COUNTS["test" if test else "train"],
        val_count=1 if test else COUNTS["val"],
        recipe=load_recipe(RECIPE),
        seed=2 if test else 1,
        shape=(cell.size,) * cell.ndim,
        suffix="nii.gz",
        workers=2,
    ):
        pass
    return folder


def results(out: Path) -> Iterator[dict[str, object]]:
    """Read what has been run."""
    path = out / "results.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        yield json.loads(line)


def key(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(row[name] for name in ("network", "ndim", "size", "loss", "seed", "minutes"))


def table(rows: list[dict[str, object]]) -> str:
    """Lay the cells out: means over seeds, with the standard deviation where there are several."""
    lines = [
        "| network | grid | loss | seeds | IoU | Dice | wall rms, voxels | bias | steps | s a step "
        "| peak MB | parameters |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    groups: dict[tuple[object, ...], list[dict[str, object]]] = {}
    for row in rows:
        groups.setdefault(key(row)[:4], []).append(row)
    order = {name: k for k, name in enumerate(NETWORKS)}
    for group, several in sorted(groups.items(), key=lambda g: (g[0][1:3], order[str(g[0][0])])):
        network, ndim, size, loss = group
        figures = " | ".join(_told([float(str(r[f])) for r in several]) for f in FIGURES)
        last = several[-1]
        lines.append(
            f"| {network} | {'×'.join([str(size)] * int(str(ndim)))} | {loss} | {len(several)} | "
            f"{figures} | {last['steps']} | {float(str(last['seconds_per_step'])):.2f} | "
            f"{last['peak_mb']} | {float(str(last['parameters'])) / 1e6:.1f} M |"
        )
    return "\n".join(lines)


def _told(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{mean(values):.3f} ± {stdev(values):.3f}"


if __name__ == "__main__":
    main()
