"""Several processes train as one: the same curve as one process with the whole batch."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from lumenfield.training import ALONE, joined

SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path

import torch

from lumenfield.data import Batch
from lumenfield.networks import UNetConfig, weights_hash
from lumenfield.training import LossConfig, Patience, TrainingConfig, joined, train
from lumenfield.training.learner import make_learner
from lumenfield.training.step import learn
from lumenfield.training.validation import validate

CONFIG = TrainingConfig(
    # Norms and losses that know one sample at a time: then halves of a batch make the whole.
    network=UNetConfig(ndim=2, widths=(4, 8), norm="group"),
    loss=LossConfig((("cross_entropy", 1.0), ("dice", 1.0)), per="sample"),
    patience=Patience(1, 3, least_gain=0.02),
    steps_per_epoch=3,
    max_epochs=8,
    warm_up_steps=2,
    learning_rate=0.01,
    precision="float32",
    device="cpu",
    max_minutes=10.0,
)


def batch(number, size):
    generator = torch.Generator().manual_seed(number)
    field = torch.randn(4, 1, 16, 12, generator=generator)
    target = (field > 1).float()
    parts = (target + 0.2 * field).split(size), target.split(size)
    return [Batch(image, mask, None, (f"{number}",) * size) for image, mask in zip(*parts)]


def norms(folder, processes):
    config = replace(CONFIG, network=UNetConfig(ndim=2, widths=(4, 8), norm="batch"))
    learner = make_learner(config, None, processes)
    for step in range(2):
        own = batch(2 * step + processes.rank, 4)
        learn(config, learner, own, step=step, rate=0.01)
    before = weights_hash(learner.averaged)
    validate(learner, batch(-1, 1))
    told = f"{before} {weights_hash(learner.averaged)}"
    Path(folder, f"rank{processes.rank}").write_text(told)


def main(folder, what="train"):
    torch.set_num_threads(1)
    with joined() as processes:
        if what == "norms":
            norms(folder, processes)
            return
        size = 4 // processes.count
        stream = (one for number in range(10**6) for one in batch(number, size))
        cases = [one for number in (-1, -2) for one in batch(number + 10**9, 1)][:3]
        for record in train(CONFIG, stream, cases, folder=Path(folder), processes=processes):
            if what == "fail" and processes.rank == 1:
                raise SystemExit("rank 1 was told to fail")
    # A thread of the group that outlives it can abort the process at its end (seen: one in twenty).
    print("left:", *(one.read_text().strip() for one in Path("/proc/self/task").glob("*/comm")))


main(*sys.argv[1:])
"""


def _trained(folder: Path, count: int, *words: str) -> "subprocess.CompletedProcess[str]":
    script = folder / "script.py"
    script.write_text(SCRIPT)
    launch = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    command = [sys.executable, *(launch if count > 1 else []), script, folder / f"run{count}"]
    return subprocess.run([*command, *words], capture_output=True, text=True, timeout=300)


def _rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "history.csv").read_text().splitlines()))


def test_two_processes_give_the_curve_of_one_with_the_whole_batch(tmp_path: Path) -> None:
    for count in (1, 2):
        done = _trained(tmp_path, count)
        assert done.returncode == 0, done.stderr
        assert "left:" in done.stdout
        assert "gloo" not in done.stdout
    one, two = _rows(tmp_path / "run1"), _rows(tmp_path / "run2")
    assert [row["verdict"] for row in one] == [row["verdict"] for row in two]
    assert [row["stopped"] for row in one] == [row["stopped"] for row in two]
    for name in ("loss", "score", "learning_rate"):
        for a, b in zip(one, two, strict=True):
            assert float(a[name]) == pytest.approx(float(b[name]), abs=1e-4)


def test_batch_norms_that_saw_different_data_are_the_same_in_every_rank_once_judged(
    tmp_path: Path,
) -> None:
    (tmp_path / "run2").mkdir()
    done = _trained(tmp_path, 2, "norms")
    assert done.returncode == 0, done.stderr
    (before0, after0), (before1, after1) = (
        (tmp_path / "run2" / f"rank{rank}").read_text().split() for rank in (0, 1)
    )
    assert before0 != before1
    assert after0 == after1 == before0


def test_a_process_that_dies_ends_the_run_with_its_own_error(tmp_path: Path) -> None:
    done = _trained(tmp_path, 2, "fail")
    assert done.returncode != 0
    assert "rank 1 was told to fail" in done.stderr


def test_a_process_that_torchrun_did_not_start_is_alone() -> None:
    with joined() as processes:
        assert processes is ALONE
    assert ALONE.total(2.0, 3.0) == (2.0, 3.0)
    assert ALONE.first(0.5) == ALONE.mean(0.5) == 0.5
