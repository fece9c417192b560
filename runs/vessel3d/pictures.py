"""Where vessel3d does well and where it fails, drawn: python runs/vessel3d/pictures.py CHOOSE.

CHOOSE is what `python runs/test_sets/freeze.py choose -o CHOOSE` writes. Writes `every_sixth.png`
beside this file, scans taken by their numbers, and `worst.png`, the twelve with the lowest Dice:
each in the slice that holds most lumen, the true wall in green, the found one in orange.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from lumenfield import read, segment
from lumenfield.datatypes import Volume
from lumenfield.pipeline import SegmentOptions

HERE = Path(__file__).parent
EVERY, COLUMNS, SHOWN = 6, 4, 12
TRUE, FOUND = "#21c55d", "#ff7f0e"


@dataclass(frozen=True, eq=False)
class Seen:
    """A scan with its true and found wall."""

    name: str
    scan: Volume
    truth: Volume
    found: Volume

    @property
    def dice(self) -> float:
        """Overlap of the two lumens."""
        true, found = self.truth.values < 0, self.found.values < 0
        return float(2 * (true & found).sum() / max(true.sum() + found.sum(), 1))


def main() -> None:
    """Segment all scans of the folder, and draw both sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("choose", type=Path)
    parser.add_argument("--model", default="vessel3d")
    parser.add_argument("-o", "--out", type=Path, default=HERE)
    given = parser.parse_args()
    seen = [look(path, given.model) for path in sorted((given.choose / "magn").glob("*.nii.gz"))]
    sheet(seen[::EVERY][:SHOWN], given.out / "every_sixth.png")
    sheet(sorted(seen, key=lambda one: one.dice)[:SHOWN], given.out / "worst.png")


def look(path: Path, model: str) -> Seen:
    """Segment one scan with the network alone."""
    scan, truth = read(path), read(path.parent.parent / "distance" / path.name)
    found = segment(scan, SegmentOptions(models=(model,), refine=False)).distance
    return Seen(path.name.removesuffix(".nii.gz"), scan, truth, found)


def sheet(seen: list[Seen], path: Path) -> None:
    """Draw scans in rows of four."""
    rows = -(-len(seen) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(10, 2.9 * rows), squeeze=False)
    for place, one in zip(axes.ravel(), seen, strict=False):
        draw(place, one)
    figure.suptitle("true wall green, the network's orange; slice with most lumen", fontsize=9)
    figure.tight_layout(pad=0.5, rect=(0, 0, 1, 0.98))
    figure.savefig(path, dpi=90)
    plt.close(figure)


def draw(place: Axes, one: Seen) -> None:
    """Draw one slice across the first axis, in millimetres."""
    number = int((one.truth.values < 0).sum((1, 2)).argmax())
    _, height, width = one.scan.spacing
    place.imshow(one.scan.values[number], cmap="gray", aspect=height / width)
    for volume, colour in ((one.truth, TRUE), (one.found, FOUND)):
        cut = np.asarray(volume.values[number])
        if cut.min() < 0 < cut.max():
            place.contour(cut, [0.0], colors=colour, linewidths=1.1)
    place.set_title(f"{one.name}\nDice {one.dice:.2f}", fontsize=6.5)
    place.set_axis_off()


if __name__ == "__main__":
    main()
