"""Where a shipped network does well and where it fails, drawn.

    python runs/test_sets/freeze.py choose -o CHOOSE
    python runs/pictures.py CHOOSE --model vessel3d
    lumenfield generate IMAGES --count 1 --val-count 32 --ndim 2 --size 256 --recipe any --seed 777
    python runs/pictures.py IMAGES/val --model vessel2d

The folder holds `magn/` and `distance/`. Writes `every_sixth.png` beside the network's card, scans
taken by their numbers, and `worst.png`, the twelve with the lowest Dice: of volumes the slice that
holds most lumen; the true wall in green, the found one in orange.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

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
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scans", type=Path, help="with magn/ and distance/")
    parser.add_argument("--model", default="vessel3d")
    parser.add_argument("-o", "--out", type=Path, help="by default the network's folder here")
    given = parser.parse_args()
    out = given.out or HERE / given.model
    seen = [look(path, given.model) for path in sorted((given.scans / "magn").glob("*.nii.gz"))]
    sheet(seen[::EVERY][:SHOWN], out / "every_sixth.png")
    sheet(sorted(seen, key=lambda one: one.dice)[:SHOWN], out / "worst.png")


def look(path: Path, model: str) -> Seen:
    """Segment one scan with the network alone."""
    scan, truth = read(path), read(path.parent.parent / "distance" / path.name)
    found = segment(scan, SegmentOptions(models=(model,), refine=False)).distance
    return Seen(path.name.removesuffix(".nii.gz"), scan, truth, found)


def sheet(seen: list[Seen], path: Path) -> None:
    """Draw scans in rows of four."""
    rows = -(-len(seen) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(10, 2.9 * rows), squeeze=False)
    for place in axes.ravel():
        place.set_axis_off()
    for place, one in zip(axes.ravel(), seen, strict=False):
        draw(place, one)
    figure.suptitle("true wall green, the network's orange", fontsize=9)
    figure.tight_layout(pad=0.5, h_pad=1.6, rect=(0, 0, 1, 0.98))
    figure.savefig(path, dpi=90)
    plt.close(figure)


def draw(place: Axes, one: Seen) -> None:
    """Draw an image, or one slice across the first axis, in millimetres."""
    grey, true, found = (plane(v, one.truth) for v in (one.scan, one.truth, one.found))
    height, width = one.scan.spacing[-2:]
    place.imshow(grey, cmap="gray", aspect=height / width)
    for cut, colour in ((true, TRUE), (found, FOUND)):
        if cut.min() < 0 < cut.max():
            place.contour(cut, [0.0], colors=colour, linewidths=1.1)
    place.set_title(f"{one.name}\nDice {one.dice:.2f}", fontsize=6.5)


def plane(volume: Volume, truth: Volume) -> NDArray[np.float32]:
    """Cut a volume where the truth has most lumen; an image is its own plane."""
    values = np.asarray(volume.values, dtype=np.float32)
    return values if volume.ndim == 2 else values[int((truth.values < 0).sum((1, 2)).argmax())]


if __name__ == "__main__":
    main()
