"""Average the weights of runs of which each began from the one before, and calibrate the average.

    python runs/vessel3d/average.py RUNS/sixth RUNS/seventh -o RUNS/vessel3d/model.safetensors

It is calibrated on the samples that each of them kept for that. Source: Wortsman et al., "Model
soups", ICML 2022.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from lumenfield.inference import calibrate
from lumenfield.jobs.train import held_out
from lumenfield.jobs.train_job import read_job
from lumenfield.networks import Checkpoint, load_checkpoint, save_checkpoint, weights_hash
from lumenfield.tensors import Tensor


def main() -> None:
    """Average, calibrate, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("-o", dest="path", type=Path, required=True)
    given = parser.parse_args()
    finished = [load_checkpoint(run / "model.safetensors") for run in given.runs]
    recipes = [checkpoint.provenance["recipe"] for checkpoint in finished]
    cases = [
        case
        for run, recipe in zip(given.runs, recipes, strict=True)
        for case in held_out(read_job(None, [], resumed=run), recipe)
    ]
    told = {
        "average_of": {r: _short_hash(c) for r, c in zip(recipes, finished, strict=True)},
        "calibrated": f"on {len(cases)} scans",
        "finished": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    whole = calibrate(average(finished), cases)
    whole = replace(whole, provenance={**whole.provenance, **told})
    given.path.parent.mkdir(parents=True, exist_ok=True)
    save_checkpoint(given.path, whole, stored_as="float16")


def average(checkpoints: Sequence[Checkpoint]) -> Checkpoint:
    """Put the mean of all weights, and of the norms' statistics, into the last of them.

    The network of that checkpoint is changed in place; the others are left as they are.
    """
    states = [checkpoint.network.state_dict() for checkpoint in checkpoints]
    network = checkpoints[-1].network
    network.load_state_dict({name: _mean([s[name] for s in states]) for name in states[-1]})
    return checkpoints[-1]


def _short_hash(checkpoint: Checkpoint) -> str:
    return weights_hash(checkpoint.network)[:8]


def _mean(values: Sequence[Tensor]) -> Tensor:
    whole = torch.stack([value.double() for value in values]).mean(dim=0)
    return whole.to(values[-1].dtype)


if __name__ == "__main__":
    main()
