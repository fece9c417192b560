"""How well a network tells scans of its own kind from others, and the limit that follows.

    python benchmarks/networks_familiar.py --model vessel3d [--write FILE.safetensors]

Its own kind: the scans of the set `choose` that it segments well (Dice 0.8 or more). Others: scans
without a vessel, of `runs/test_sets/strangers.py`, and its failures (Dice below 0.5). The limit is
the certainty that a tenth of its own kind stay below; `--write` keeps it in a checkpoint's
provenance, which leaves the weights and their hash alone. In 2-D, slices of the same.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import safe_open

from lumenfield.datatypes import Prediction, Volume, scaling
from lumenfield.inference import certainty, doubt_of, predict
from lumenfield.inference.familiar import LEAST_CERTAINTY, usual_certainty
from lumenfield.networks import Checkpoint
from lumenfield.networks.checkpoint import write_tensors
from lumenfield.networks.models import load_model

sys.path.insert(0, str(Path(__file__).parents[1] / "runs" / "test_sets"))

from sets import lines_of, make
from strangers import STRANGERS, draw_stranger

GOOD, BAD = 0.8, 0.5
EACH = 6
SIZES = {2: 160, 3: 64}


@dataclass(frozen=True)
class Seen:
    """What a network made of a scan; no certainty where it found nothing.

    Args:
        warned: by `segment`, with the limits that the network has now, of what was found.
    """

    kind: str
    sure: float | None
    warned: bool


def main() -> None:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="vessel3d")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    checkpoint = load_model(given.model)
    seen = [*own(checkpoint), *strangers(checkpoint)]
    good = [s.sure for s in seen if s.kind == "good" and s.sure is not None]
    if not good:
        print("no scan is segmented well: there is nothing to compare with")
        return
    limit = usual_certainty(good)
    print("| kind | scans | nothing found | certainty, median (range) | AUC | warned |")
    print("|---|---|---|---|---|---|")
    for kind in dict.fromkeys(s.kind for s in seen):
        print(_line(kind, [s for s in seen if s.kind == kind], good))
    print(f"\nleast certainty of its own kind: {limit:.3f}")
    if given.write:
        write(given.write, round(limit, 3))


def own(checkpoint: Checkpoint) -> Iterator[Seen]:
    """Look at the scans of its own kind; in 2-D at the slice with most lumen."""
    for line in lines_of("choose"):
        scan = make(line)
        image, truth = scan.magnitude, scan.distance.values < 0
        if checkpoint.network.config.ndim == 2:
            at = int(truth.sum((0, 1)).argmax())
            image, truth = _flat(image, at), truth[:, :, at]
        found = predict(image, [checkpoint])
        inside = found.distance.values < 0
        dice = 2 * float((inside & truth).sum()) / max(1, int(inside.sum() + truth.sum()))
        kind = "good" if dice >= GOOD else "fair" if dice >= BAD else "failed"
        yield _seen(kind, found, checkpoint)


def strangers(checkpoint: Checkpoint) -> Iterator[Seen]:
    """Look at scans of other kinds."""
    ndim = checkpoint.network.config.ndim
    for kind in STRANGERS:
        for seed in range(EACH):
            scan = draw_stranger(kind, seed, size=SIZES[3])
            image = _flat(scan, SIZES[3] // 2) if ndim == 2 else scan
            yield _seen(kind, predict(image, [checkpoint]), checkpoint)


def _seen(kind: str, found: Prediction, checkpoint: Checkpoint) -> Seen:
    return Seen(kind, certainty(found), bool(doubt_of(found, [checkpoint]).warning))


def write(path: Path, limit: float) -> None:
    """Keep the limit in a checkpoint's header; its weights stay as they are stored."""
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()["lumenfield"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    header["provenance"][LEAST_CERTAINTY] = limit
    write_tensors(path, tensors, json.dumps(header))


def _flat(scan: Volume, at: int) -> Volume:
    return Volume(np.ascontiguousarray(scan.values[:, :, at]), scaling(scan.spacing[:2]))


def _line(kind: str, seen: list[Seen], good: list[float]) -> str:
    some = np.array([s.sure for s in seen if s.sure is not None])
    nothing = len(seen) - len(some)
    if not len(some):
        return f"| {kind} | {len(seen)} | {nothing} | – | – | – |"
    warned = sum(s.warned for s in seen) / len(some)
    own = np.array(good)
    less = (some[:, None] < own).mean() + 0.5 * (some[:, None] == own).mean()
    told = f"{np.median(some):.2f} ({some.min():.2f}–{some.max():.2f})"
    return f"| {kind} | {len(seen)} | {nothing} | {told} | {less:.3f} | {warned:.2f} |"


if __name__ == "__main__":
    main()
