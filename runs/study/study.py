"""The study: every network, in 2-D and 3-D, under every loss, compared on scans that chose nothing.

    python runs/study/study.py OUT [--seeds 3] [--grids 2d-64] [--networks unet] [--losses Dice]

Each cell learns for the same processor time as the others of its grid, on one thread, in a process
of its own, from the same synthetic scans. Its validation scans choose the epoch; the test scans,
of another seed, report. Cells that OUT/results.jsonl has are not run again, so the study can be
filled bit by bit and on several machines. `--table` only prints what is there.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from plan import GRIDS, LOSSES, NETWORKS, Cell
from table import results, table


def main() -> None:
    """Run the cells asked for that are missing, then print the table of all."""
    given = _arguments()
    if given.cell:
        from cell import run

        print(json.dumps(run(Cell(**json.loads(given.cell)), given.out)))
        return
    given.out.mkdir(parents=True, exist_ok=True)
    done = {_key(row) for row in results(given.out)}
    for cell in () if given.table else cells(given):
        if _key(asdict(cell)) not in done:
            alone(cell, given.out)
    print(table(results(given.out)))


def cells(given: argparse.Namespace) -> Iterator[Cell]:
    """List the cells asked for, seed by seed and loss by loss, so that the table fills evenly."""
    grids = [grid for grid in GRIDS if f"{grid.ndim}d-{grid.size}" in given.grids]
    for seed in range(given.seeds):
        for loss in given.losses:
            for grid in grids:
                for network in given.networks:
                    minutes = grid.minutes * given.scale
                    yield Cell(network, grid.ndim, grid.size, loss, seed, minutes)


def alone(cell: Cell, out: Path) -> None:
    """Run a cell in a process of its own, so that its memory can be told and a crash costs one."""
    command = [sys.executable, __file__, str(out), "--cell", json.dumps(asdict(cell))]
    told = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=told)
    if done.returncode:
        print(f"failed: {cell}", file=sys.stderr)
        return
    line = done.stdout.splitlines()[-1]
    with (out / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    print(line, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [f"{grid.ndim}d-{grid.size}" for grid in GRIDS]
    parser.add_argument("out", type=Path)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0, help="times the minutes of each grid")
    parser.add_argument("--grids", nargs="+", default=names, choices=names, metavar="GRID")
    parser.add_argument("--networks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--losses", nargs="+", default=list(LOSSES), choices=list(LOSSES))
    parser.add_argument("--table", action="store_true", help="print what is there, run nothing")
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    return parser.parse_args()


def _key(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(row[name] for name in ("network", "ndim", "size", "loss", "seed", "minutes"))


if __name__ == "__main__":
    main()
