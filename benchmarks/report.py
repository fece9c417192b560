"""Time and size of the report, and time until the viewer answers, for a case of 128³ voxels.

    python benchmarks/report.py [--size 128] [--repeats 3]

The case is a drawn carotid scan; what was "found" is its true wall, moved by a smooth error of a
quarter of a voxel, so no network is run. Each command runs in a process of its own; processor
seconds do not depend on what else the machine does, wall seconds do. The least of the repeats is
told.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.special import expit

import lumenfield as lf
from lumenfield import io
from lumenfield.datatypes import MaternField, Prediction
from lumenfield.jobs.case import write_case
from lumenfield.pipeline import Outcome, SegmentOptions, Stage
from lumenfield.spacing import voxel_mm

PROGRAM = "import sys; from lumenfield.cli import main; sys.exit(main(sys.argv[1:]))"


@dataclass(frozen=True)
class Cost:
    """Seconds of one command: on the clock, and of a processor."""

    wall: float
    processor: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table(Path(folder), given.size, given.repeats)


def table(folder: Path, size: int, repeats: int) -> None:
    """Print one line a command."""
    case = write(folder, size)
    scan, truth = folder / "scan.nii.gz", folder / "truth.nii.gz"
    rows = {
        "report of a case": ("report", str(case)),
        "report with its scan": ("report", str(case), "--scan", str(scan)),
        "report with scan and truth": (
            ("report", str(case), "--scan", str(scan), "--truth", str(truth))
        ),
    }
    print(f"A case of {size}³ voxels; {os.cpu_count()} cores; the least of {repeats} runs.\n")
    print("| command | wall s | processor s | MB |\n|---|---:|---:|---:|")
    for name, words in rows.items():
        cost = least(lambda words=words: timed(words), repeats)
        megabytes = (case / "report.html").stat().st_size / 1e6
        print(f"| {name} | {cost.wall:.1f} | {cost.processor:.1f} | {megabytes:.1f} |", flush=True)
    words = (str(case), "--scan", str(scan))
    for name, until in {"answers": answered, "is ready in Chromium": ready}.items():
        cost = least(lambda until=until: until(words), repeats)
        print(f"| view, until it {name} | {cost.wall:.1f} | {cost.processor:.1f} | |", flush=True)


def write(folder: Path, size: int) -> Path:
    """Draw a scan and write the case of a wall that is a little off."""
    sample = lf.draw_sample(lf.recipes["carotid"], seed=3, shape=(size,) * 3)
    truth, voxel = sample.distance, voxel_mm(sample.magnitude.spacing)
    error = gaussian_filter(np.random.default_rng(0).normal(size=truth.shape), 3.0)
    error *= 0.25 * voxel / error.std()
    distance = truth.like((truth.values + error).astype(np.float32))
    spread = truth.like(np.full(truth.shape, 0.25 * voxel, np.float32))
    inside = truth.like(expit(-distance.values / voxel).astype(np.float32))
    found = Prediction(inside, distance, spread, MaternField(0.25 * voxel, 3 * voxel))
    outcome = Outcome(sample.magnitude, found, found, None, (), (Stage("load", 0.0),))
    write_case(outcome, folder / "case", SegmentOptions(), source="scan.nii.gz")
    io.write(sample.magnitude, folder / "scan.nii.gz")
    io.write(truth, folder / "truth.nii.gz")
    return folder / "case"


def least(run: Callable[[], Cost], repeats: int) -> Cost:
    costs = [run() for _ in range(repeats)]
    return Cost(min(c.wall for c in costs), min(c.processor for c in costs))


def timed(words: tuple[str, ...]) -> Cost:
    """Run a command to its end."""
    began, before = time.perf_counter(), spent()
    subprocess.run([sys.executable, "-c", PROGRAM, *words], check=True, stdout=subprocess.DEVNULL)
    return Cost(time.perf_counter() - began, spent() - before)


def answered(words: tuple[str, ...]) -> Cost:
    """Run `view` until it has told its address, then end it."""
    began, before = time.perf_counter(), spent()
    with viewer(words):
        wall = time.perf_counter() - began
    return Cost(wall, spent() - before)


def ready(words: tuple[str, ...]) -> Cost:
    """Run `view` until a browser that is open already shows the case; it draws in software."""
    from playwright.sync_api import sync_playwright

    flags = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        began, before = time.perf_counter(), family_spent()
        with viewer(words) as address:
            page.goto(address, wait_until="commit")
            page.wait_for_selector("body[data-ready=true]", timeout=300_000)
            cost = Cost(time.perf_counter() - began, family_spent() - before)
        browser.close()
    return cost


@contextmanager
def viewer(words: tuple[str, ...]) -> Iterator[str]:
    """Start `view` and give the address it tells; end it afterwards."""
    command = [sys.executable, "-c", PROGRAM, "view", *words, "--no-browser", "--json"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


def family_spent() -> float:
    """Give the processor seconds of all running descendants of this process; Linux only."""
    told: dict[int, list[str]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            told[int(path.parent.name)] = path.read_text().rpartition(") ")[2].split()
    family = {os.getpid()}
    while more := {pid for pid, stat in told.items() if int(stat[1]) in family} - family:
        family |= more
    ticks = sum(int(t) for pid in family if pid in told for t in told[pid][11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


def spent() -> float:
    """Give the processor seconds of all children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
