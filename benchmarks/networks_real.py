"""Shipped networks on the real scans beside the checkout; none of them trained anything.

    python benchmarks/networks_real.py [--model vessel3d] [--flat vessel2d] [--plain]

The carotid's reference is the lumen that velocity shows; of the great vessels it is the experts'
aorta (green) and pulmonary artery (white), and whether what was found is labelled at all.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import lumenfield as lf
from lumenfield.datatypes import Volume, scaling
from lumenfield.evaluation import evaluate_case, level_of
from lumenfield.evaluation.strata import by_component
from lumenfield.pipeline import SegmentOptions, run
from networks import options_of

REAL = Path(__file__).parents[2] / "shared" / "data"
COLOURS = {"aorta": (0, 255, 0), "pulmonary artery": (255, 255, 255)}
DARK = 64
"""Blended colours darker than this are background."""

WIDE = 50
"""Voxels of a component of the carotid's reference that is three voxels wide or more."""


@dataclass(frozen=True)
class Slice:
    """What was found of one slice of the heart."""

    recalls: dict[str, float]
    labelled: float


def main() -> None:
    """Print one row a method, then the great vessels."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="vessel3d")
    parser.add_argument("--flat", default="vessel2d")
    parser.add_argument("--plain", action="store_true", help="as `networks.py`; the carotid alone")
    given = parser.parse_args()
    if not REAL.is_dir():
        print("skipped: the real scans are not beside the checkout")
        return
    carotid(options_of(given.model, plain=given.plain))
    if not given.plain:
        great_vessels(given.flat)


def carotid(options: SegmentOptions) -> None:
    """Score the carotid: Dice, every wide vessel, false components."""
    scan = lf.read(REAL / "carotid" / "magnitude.nii.gz")
    truth = lf.read(REAL / "carotid" / "lumen_from_velocity.nii.gz")
    began = time.process_time()
    outcome = run(scan, options)
    print(f"carotid, {time.process_time() - began:.1f} s of processor\n")
    print(
        "| method | Dice | precision | recall | clDice | least recall of a vessel | false voxels |"
    )
    print("|---|---|---|---|---|---|---|")
    found_by = {"network": outcome.initial}
    if options.refine:
        found_by["refined"] = outcome.prediction
    for name, found in found_by.items():
        mask = scan.like((found.distance.values < 0).astype(np.uint8))
        scores = evaluate_case(name, mask, truth).scores
        parts = by_component(level_of(mask.values), level_of(truth.values))
        wide = [p.recall for p in parts if p.recall is not None and p.voxels >= WIDE]
        false = max((p.voxels for p in parts if p.recall is None), default=0)
        figures = (scores.dice, scores.precision, scores.recall, scores.cldice, min(wide))
        print(f"| {name} | " + " | ".join(f"{x:.3f}" for x in figures) + f" | {false} |")
    print("\n" + "\n".join(outcome.prediction.warnings) + "\n")


def great_vessels(model: str) -> None:
    """Score every slice: what is found of each vessel, and how much of the find is labelled."""
    folder = REAL / "great-vessels-2d"
    slices = [
        _slice(folder / "images" / mask.name, mask, model)
        for mask in sorted((folder / "masks").glob("*.png"))
    ]
    print(f"great vessels, {len(slices)} slices, network alone\n")
    for name in COLOURS:
        recalls = [s.recalls[name] for s in slices if name in s.recalls]
        print(f"- recall of {name}: {np.mean(recalls):.3f} ({len(recalls)} slices show it)")
    print(f"- share of the find that is labelled: {np.mean([s.labelled for s in slices]):.3f}")


def _slice(image: Path, mask: Path, model: str) -> Slice:
    labels = _colours(mask)
    grey = np.asarray(_colours(image).mean(-1), dtype=np.float32)
    scan = Volume(grey, scaling((1.0, 1.0)))
    options = SegmentOptions(models=(model,), refine=False)
    found = run(scan, options).prediction.distance.values < 0
    recalls = {}
    for name, colour in COLOURS.items():
        here = np.abs(labels.astype(int) - colour).max(-1) < DARK
        if here.sum() > WIDE:
            recalls[name] = float(found[here].mean())
    known = labels.max(-1) > DARK
    return Slice(recalls, float(known[found].mean()) if found.any() else 0.0)


def _colours(path: Path) -> NDArray[np.uint8]:
    from PIL import Image

    return np.asarray(Image.open(path).convert("RGB"))


if __name__ == "__main__":
    main()
