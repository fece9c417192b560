"""The shipped 3-D network on held-out synthetic scans, alone, refined, and beside the rivals.

python benchmarks/segmentation.py [--count 24] [--size 64] [--model vessel3d]

The scans are drawn from recipe `any` with a seed that neither trained, chose nor calibrated.
"""

import argparse
from collections import defaultdict

import numpy as np

from lumenfield.datatypes import Volume
from lumenfield.evaluation import BASELINES, CaseScores, evaluate_case
from lumenfield.pipeline import SegmentOptions, run
from lumenfield.synthesis import draw_sample, load_recipe

TEST_SEED = 20_261_122
COLUMNS = ("dice", "cldice", "bias_voxels", "rms_voxels", "coverage95")


def main() -> None:
    """Draw, segment, score, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--model", default="vessel3d")
    arguments = parser.parse_args()
    found: dict[str, list[CaseScores]] = defaultdict(list)
    for index in range(arguments.count):
        sample = draw_sample(load_recipe("any"), TEST_SEED, index, shape=(arguments.size,) * 3)
        if not sample.mask.values.any():
            continue
        for name, case in rows(sample.magnitude, sample.distance, arguments.model):
            found[name].append(case)
    print(f"{len(found['network alone'])} scans of {arguments.size}³, recipe any\n")
    print("| method | " + " | ".join(f"{c}, median (mean)" for c in COLUMNS) + " |")
    print("|---|" + "---|" * len(COLUMNS))
    for name, cases in found.items():
        print(f"| {name} | " + " | ".join(cell(cases, column) for column in COLUMNS) + " |")


def rows(scan: Volume, truth: Volume, model: str) -> list[tuple[str, CaseScores]]:
    """Score every method on one scan."""
    outcome = run(scan, SegmentOptions(models=(model,)))
    ours = {"network alone": outcome.initial, "refined": outcome.prediction}
    cases = [
        (
            name,
            evaluate_case(
                name,
                one.distance,
                truth,
                spread=one.spread,
                prediction_kind="distance",
                truth_kind="distance",
            ),
        )
        for name, one in ours.items()
    ]
    for name, baseline in BASELINES.items():
        mask = scan.like(baseline(scan.values, scan.spacing).astype(np.uint8))
        cases.append((name, evaluate_case(name, mask, truth, truth_kind="distance")))
    return cases


def cell(cases: list[CaseScores], column: str) -> str:
    """Median and mean of what is defined."""
    values = [v for case in cases if (v := case.scores.figure(column)) is not None]
    return f"{np.median(values):.3f} ({np.mean(values):.3f})" if values else "–"


if __name__ == "__main__":
    main()
