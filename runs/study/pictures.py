"""What the networks of the study draw on the same test scans: python runs/study/pictures.py OUT.

Writes OUT/contours_2d.png and OUT/contours_3d.png: a row a network, a column a scan; the true wall
in green, the found one in orange.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from plan import GRIDS, LOSSES, NETWORKS, Cell
from table import results

from lumenfield.data import find_pairs
from lumenfield.datatypes import Volume
from lumenfield.inference import PredictOptions, predict
from lumenfield.io import read
from lumenfield.networks import load_checkpoint

SHOWN = (2, 5, 9, 14, 20)
"""Test scans, chosen by their numbers before any was looked at."""

TRUE, FOUND = "#21c55d", "#ff7f0e"


def main(out: Path) -> None:
    """Draw each grid that has been run."""
    loss = next(iter(LOSSES))
    run = {(row["network"], row["ndim"], row["size"], row["loss"]) for row in results(out)}
    for ndim in (2, 3):
        cells = [
            Cell(name, ndim, grid.size, loss, 0, grid.minutes)
            for name in NETWORKS
            for grid in GRIDS
            if grid.ndim == ndim and (name, ndim, grid.size, loss) in run
        ]
        if cells:
            _sheet(out, cells, out / f"contours_{ndim}d.png")


def _sheet(out: Path, cells: list[Cell], path: Path) -> None:
    size = (2.1 * len(SHOWN), 2.2 * len(cells))
    figure, axes = plt.subplots(
        len(cells), len(SHOWN), figsize=size, squeeze=False, layout="constrained"
    )
    for cell, row in zip(cells, axes, strict=True):
        checkpoint = load_checkpoint(_weights(out, cell))
        pairs = find_pairs(out / "scans" / f"{cell.ndim}d-{cell.size}-test" / "train")
        for number, place in zip(SHOWN, row, strict=True):
            pair = pairs[number]
            assert pair.distance is not None
            scan, truth = read(pair.magnitude), read(pair.distance)
            options = PredictOptions(
                device="cpu", flips="none", scales=(1.0,), tile=max(64, cell.size), least_voxels=0
            )
            found = predict(scan, [checkpoint], options).distance
            _contours(place, scan, truth, found)
        row[0].set_ylabel(f"{cell.network}\n{cell.grid.name}", fontsize=10)
    figure.suptitle("true wall green, found wall orange", fontsize=10)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _contours(place: Axes, scan: Volume, truth: Volume, found: Volume) -> None:
    """Show a scan with both walls; of a volume the slice that cuts the most lumen."""
    images = [np.asarray(volume.values) for volume in (scan, truth, found)]
    if scan.ndim == 3:
        widest = int((images[1] < 0).sum((0, 1)).argmax())
        images = [image[..., widest] for image in images]
    place.imshow(images[0].T, cmap="gray", origin="lower")
    for image, colour in ((images[1], TRUE), (images[2], FOUND)):
        if image.min() < 0 < image.max():
            place.contour(image.T, levels=[0.0], colors=[colour], linewidths=1.3)
    place.set_xticks([])
    place.set_yticks([])


def _weights(out: Path, cell: Cell) -> Path:
    return out / "runs" / cell.name / "best.safetensors"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
