"""Score a 2-D run on synthetic scans of a seed that neither trained nor chose it.

    python runs/quick2d/score.py RUN [RECIPE …]

A hundred and twenty scans of 64² of each recipe; a scan whose vessel is missed counts as zero.
"""

import argparse
from collections.abc import Sequence
from statistics import median

from lumenfield.evaluation import evaluate_case, summarise
from lumenfield.inference import PredictOptions, predict
from lumenfield.networks.models import load_model
from lumenfield.synthesis import draw_sample, load_recipe

SEED, COUNT, SHAPE = 777, 120, (64, 64)


def main() -> None:
    """Print a line a recipe."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("run")
    parser.add_argument("recipes", nargs="*", default=["seed"])
    given = parser.parse_args()
    score(given.run, given.recipes)


def score(run: str, recipes: Sequence[str]) -> None:
    """Print a run's scores on each recipe."""
    checkpoint = load_model(run)
    options = PredictOptions(device="cpu", flips="none", scales=(1.0,), least_voxels=0)
    print("| recipe | scans | mean Dice (95 %) | median | below 0.5 | wall rms, voxels | bias |")
    print("|---|---:|---|---:|---:|---:|---:|")
    for recipe in recipes:
        cases = []
        for index in range(COUNT):
            sample = draw_sample(load_recipe(recipe), SEED, index, shape=SHAPE)
            found = predict(sample.magnitude, [checkpoint], options).distance
            truth = sample.distance
            cases.append(
                evaluate_case(
                    str(index), found, truth, prediction_kind="distance", truth_kind="distance"
                )
            )
        summary = summarise(cases)
        dice = [value for case in cases if (value := case.scores.figure("dice")) is not None]
        low, high = summary.intervals["dice"]
        print(
            f"| {recipe} | {len(dice)} | {summary.mean.dice:.3f} ({low:.3f}–{high:.3f}) "
            f"| {median(dice):.3f} | {sum(value < 0.5 for value in dice)} "
            f"| {summary.mean.rms_voxels:.2f} | {summary.mean.bias_voxels:+.2f} |"
        )


if __name__ == "__main__":
    main()
