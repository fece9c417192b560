"""Accuracy against processor time: how a network is run, and how large it is, on the set `choose`.

    python benchmarks/networks_time.py [--model vessel3d RUN …] [--every 3]

Every model is run in each way of `WAYS`, one after another on each scan, so that a busy machine
slows all alike; seconds are those of the processor. Sizes of network are models of their own:
train them with `lumenfield train --set training.network.widths=[…]` and give their runs.
"""

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from networks_score import score

from lumenfield.inference import PredictOptions, predict
from lumenfield.networks.models import load_model

sys.path.insert(0, str(Path(__file__).parents[1] / "runs" / "test_sets"))

from sets import lines_of, make

WAYS = {
    "scale 1": PredictOptions(flips="none", scales=(1.0,)),
    "scale 1, axes mirrored": PredictOptions(flips="axes", scales=(1.0,)),
    "scale 1, all mirrored": PredictOptions(flips="all", scales=(1.0,)),
    "scales 1 and 1.5": PredictOptions(flips="none"),
    "scales 1 and 1.5, axes mirrored (default)": PredictOptions(),
    "scales 0.5, 1 and 1.5": PredictOptions(flips="none", scales=(1.0, 0.5, 1.5)),
    "default, tiles of 48": PredictOptions(tile=48),
    "default, everywhere": PredictOptions(quiet=float("inf")),
}


def main() -> None:
    """Run every model in every way on each scan, print one row each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", nargs="+", default=["vessel3d"])
    parser.add_argument("--every", type=int, default=3, help="take one scan in so many")
    given = parser.parse_args()
    networks = {name: load_model(name) for name in given.model}
    found = defaultdict(list)
    for line in lines_of("choose")[:: given.every]:
        scan = make(line)
        for name, checkpoint in networks.items():
            for way, options in WAYS.items():
                began = time.process_time()
                prediction = predict(scan.magnitude, [checkpoint], options)
                spent = time.process_time() - began
                row = score("choose", line, way, prediction, scan.distance, spent)
                found[name, way].append(row)
    print("| network | way | Dice | precision | recall | clDice | s of processor |")
    print("|---|---|---|---|---|---|---|")
    for (name, way), rows in found.items():
        figures = [
            np.mean([getattr(row, column) or 0.0 for row in rows])
            for column in ("dice", "precision", "recall", "cldice", "cpu_s")
        ]
        print(f"| {name} | {way} | " + " | ".join(f"{x:.3f}" for x in figures) + " |")


if __name__ == "__main__":
    main()
