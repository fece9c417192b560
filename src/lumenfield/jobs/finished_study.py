"""The page of a study, made from its folder; separate as all it is given comes from disk.

The folder holds `results.jsonl`, a line a run: network, ndim, size, loss, seed, minutes, and its
figures. Beside it, if they were kept, lie `runs/NAME/best.safetensors` and the test scans in
`scans/{ndim}d-{size}-test`, from which pictures are made.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lumenfield.data import Pair, open_dataset
from lumenfield.errors import InputError
from lumenfield.inference import PredictOptions, predict
from lumenfield.io import read
from lumenfield.networks import load_checkpoint
from lumenfield.report.strips import Shown, draw_strip
from lumenfield.report.study import StudyReport
from lumenfield.report.study_cell import FIGURES, StudyCell

__all__ = ["RESULTS", "page_of_study"]

RESULTS = "results.jsonl"
_SHOWN = 4
_NEEDED = ("iou", "rms_voxels")

Row = Mapping[str, Any]


def page_of_study(folder: Path) -> StudyReport:
    """Gather what the page of a study shows.

    Raises:
        InputError: the results are empty or damaged.
    """
    rows = list(_rows(folder / RESULTS))
    cells = tuple(_cells(rows))
    strips: dict[str, tuple[tuple[str, bytes], ...]] = {}
    for cell in cells:
        if cell.grid not in strips:
            alike = [c for c in cells if c.grid == cell.grid]
            strips[cell.grid] = tuple(_strips(folder, alike, rows))
    return StudyReport(folder.resolve().name, cells, tuple(_missing(cells)), strips)


def _rows(path: Path) -> Iterator[Row]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            weights = {"millions": row["parameters"] / 1e6} if "parameters" in row else {}
            names = {"network": str(row["network"]), "loss": str(row["loss"])}
            sizes = {name: int(row[name]) for name in ("ndim", "size", "seed")}
            figures = {name: float(row[name]) for name in FIGURES if name in row or name in _NEEDED}
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{path.name}, line {number}: {type(error).__name__} {error}",
                "a run of the study with network, ndim, size, loss, seed, iou and rms_voxels",
                "take the line out, and run that cell again",
            ) from None
        yield {**names, **sizes, **figures, **weights}


def _cells(rows: Sequence[Row]) -> Iterator[StudyCell]:
    """Gather the seeds of each network, grid and loss."""
    groups: dict[tuple[str, int, int, str], list[Row]] = {}
    for row in rows:
        key = row["network"], row["ndim"], row["size"], row["loss"]
        groups.setdefault(key, []).append(row)
    for key, several in groups.items():
        figures = {
            name: tuple(row[name] for row in several if name in row)
            for name in FIGURES
            if any(name in row for row in several)
        }
        yield StudyCell(*key, figures)


def _missing(cells: Sequence[StudyCell]) -> Iterator[str]:
    """Tell which networks were not tried under every loss of their grid, and how few seeds."""
    for grid in dict.fromkeys(cell.grid for cell in cells):
        alike = [cell for cell in cells if cell.grid == grid]
        losses, networks = ({getattr(c, name) for c in alike} for name in ("loss", "network"))
        if (lacking := len(losses) * len(networks) - len(alike)) > 0:
            yield f"on {grid}, {lacking} of {len(losses) * len(networks)} cells still to be run"
    if all(len(cell.figures["iou"]) == 1 for cell in cells):
        yield "each cell was run once: how far chance alone moves it is not known"


def _strips(
    folder: Path, cells: Sequence[StudyCell], rows: Sequence[Row]
) -> Iterator[tuple[str, bytes]]:
    """Draw what each network finds in the first test scans, under its best loss."""
    test = folder / "scans" / f"{cells[0].ndim}d-{cells[0].size}-test"
    if not test.is_dir():
        return
    pairs = open_dataset(test).train[:_SHOWN]
    for network in dict.fromkeys(cell.network for cell in cells):
        best = max((c for c in cells if c.network == network), key=lambda c: c.mean("iou"))
        names = ("network", "ndim", "size", "loss")
        row = next(r for r in rows if all(r[name] == getattr(best, name) for name in names))
        weights = folder / "runs" / _folder_name(row) / "best.safetensors"
        if weights.is_file():
            caption = f"{network}, {best.loss}: IoU {best.told('iou')}"
            yield network, draw_strip(list(_shown(weights, pairs)), caption)


def _shown(weights: Path, pairs: Sequence[Pair]) -> Iterator[Shown]:
    checkpoint = load_checkpoint(weights)
    for pair in pairs:
        scan, truth = read(pair.magnitude), read(pair.mask)
        options = PredictOptions(device="cpu", flips="none", scales=(1.0,), least_voxels=0)
        found = predict(scan, [checkpoint], options).distance
        inside = np.asarray(truth.values > 0, dtype=np.float32)
        yield Shown(scan.values.astype(np.float32), found.values, np.float32(0.5) - inside)


def _folder_name(row: Row) -> str:
    said = f"{row['network']} {row['ndim']}d {row['size']} {row['loss']} seed {row['seed']}"
    return said.replace(" + ", "+").replace(" ", "_")
