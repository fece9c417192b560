"""Networks on the frozen test sets: shipped ones by name, or any checkpoint or run folder.

    python benchmarks/networks.py --model vessel3d --rows ROWS.jsonl [--set synthetic-test] …
    python benchmarks/networks.py --tables ROWS.jsonl

The first scores what is not yet in ROWS.jsonl, so it can be stopped and started; both print the
tables by stratum and the bars. `--set` may be given several times; by default both test sets.
`choose` is the set to choose between candidates on. The real scans: `networks_real.py`.
"""

import argparse
import json
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from networks_score import Row, rows_of
from networks_tables import by_stratum, verdicts

from lumenfield.inference import PredictOptions
from lumenfield.pipeline import SegmentOptions

sys.path.insert(0, str(Path(__file__).parents[1] / "runs" / "test_sets"))

from sets import SETS, SURFACE, lines_of, make

TEST_SETS = ("synthetic-test", "geometry-test")


@dataclass(frozen=True)
class Job:
    """What to score and how, and where the rows are kept."""

    sets: tuple[str, ...]
    rows: Path
    options: SegmentOptions


def main() -> None:
    """Score what is missing, print all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="vessel3d")
    parser.add_argument("--set", dest="sets", action="append", choices=SETS)
    parser.add_argument("--rows", type=Path, help="kept as JSON lines, so that it can go on")
    parser.add_argument("--no-refine", action="store_true")
    parser.add_argument(
        "--plain", action="store_true", help="its own scale only, not mirrored, not refined"
    )
    parser.add_argument("--tables", type=Path, help="only print what these rows say")
    given = parser.parse_args()
    if given.tables is None:
        rows = given.rows or Path(f"{Path(given.model).name}.jsonl")
        options = options_of(given.model, plain=given.plain, refine=not given.no_refine)
        job = Job(tuple(given.sets or TEST_SETS), rows, options)
        for row in missing_rows(job):
            with job.rows.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(row)) + "\n")
        print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_utime:.0f} s of processor\n")
    print_tables(read_rows(given.tables or rows))


def options_of(model: str, *, plain: bool, refine: bool = True) -> SegmentOptions:
    """Say how to segment; plainly, so that networks differ in nothing but themselves."""
    models = (model,)
    if plain:
        look = PredictOptions(flips="none", scales=(1.0,), wide=False)
        return SegmentOptions(models=models, refine=False, predict=look)
    return SegmentOptions(models=models, refine=refine)


def missing_rows(job: Job) -> Iterator[Row]:
    """Score every scan that has no rows yet."""
    done = {row.name for row in read_rows(job.rows)}
    for name in job.sets:
        if SETS[name].surface and not SURFACE.is_file():
            print(f"{name} skipped: {SURFACE.name} is not beside the checkout", file=sys.stderr)
            continue
        for line in lines_of(name):
            if line.name not in done:
                scan = make(line)
                yield from rows_of(name, line, scan.magnitude, scan.distance, job.options)


def read_rows(path: Path) -> list[Row]:
    """Read rows kept so far; none if there is no such file."""
    if not path.is_file():
        return []
    return [Row(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def print_tables(rows: list[Row]) -> None:
    """Print the strata of each set, then the bars."""
    for name in dict.fromkeys(row.set for row in rows):
        some = [row for row in rows if row.set == name]
        print(f"## {name}, {len({row.name for row in some})} scans\n")
        for key in (lambda r: "all", lambda r: " ".join(r.stratum), _look):
            print(by_stratum(some, key), end="\n\n")
        print(verdicts(some), end="\n\n")


def _look(row: Row) -> str:
    return row.family + (", inverted" if row.inverted else "")


if __name__ == "__main__":
    main()
