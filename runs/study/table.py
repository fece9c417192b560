"""The table of the study: what the cells of `results.jsonl` say, means over seeds."""

import json
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev

from plan import LOSSES, NETWORKS

HEAD = """\
| grid | network | loss | min | n | IoU | Dice | rms | median | bias | missed | steps | s | MB |
|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""

Row = dict[str, float | str]

Group = tuple[int, int, str, str, float]
"""Axes, size, network, loss and minutes: what several seeds have in common."""


def results(out: Path) -> list[Row]:
    """Read what has been run."""
    path = out / "results.jsonl"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def table(rows: list[Row]) -> str:
    """Lay the cells out, network by network, with the spread where seeds are several."""
    groups: dict[Group, list[Row]] = {}
    for row in rows:
        grid = int(row["ndim"]), int(row["size"])
        group = (*grid, str(row["network"]), str(row["loss"]), float(row["minutes"]))
        groups.setdefault(group, []).append(row)
    return "\n".join([HEAD, *_lines(groups)])


def _lines(groups: dict[Group, list[Row]]) -> Iterator[str]:
    networks, losses = list(NETWORKS), list(LOSSES)

    def order(group: Group) -> tuple[float, ...]:
        return (*group[:2], networks.index(group[2]), losses.index(group[3]), group[4])

    for group in sorted(groups, key=order):
        ndim, size, network, loss, minutes = group
        several = groups[group]
        told = [
            _told(several, "iou", 3),
            _told(several, "dice", 3),
            _told(several, "rms_voxels", 2),
            _told(several, "rms_voxels_median", 2),
            _told(several, "bias_voxels", 2),
            f"{_sum(several, 'missed'):g} of {_sum(several, 'n_test'):g}",
            f"{mean(float(row['steps']) for row in several):.0f}",
            f"{mean(float(row['seconds']) for row in several):.0f}",
            f"{max(float(row['peak_mb']) for row in several):.0f}",
        ]
        grid = "×".join([str(size)] * ndim)
        names = f"{grid} | {network} | {loss} | {minutes:g} | {len(several)}"
        yield f"| {names} | {' | '.join(told)} |"


def _sum(several: list[Row], name: str) -> float:
    return sum(float(row[name]) for row in several)


def _told(several: list[Row], name: str, digits: int) -> str:
    values = [float(row[name]) for row in several]
    spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{mean(values):.{digits}f}{spread}"
