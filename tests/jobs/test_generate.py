"""A data set on disk: the same bytes whoever makes it, and nothing twice."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lumenfield.data import open_dataset
from lumenfield.errors import InputError
from lumenfield.io import read
from lumenfield.jobs.generate import GeneratedCase, generate
from lumenfield.jobs.workers import Workers
from lumenfield.synthesis import draw_sample, load_recipe

RECIPE = load_recipe("any")

Make = Callable[..., Iterator[GeneratedCase]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def run(name: str = "data", **changes: Any) -> Iterator[GeneratedCase]:
        usual = {"count": 2, "val_count": 1, "recipe": RECIPE, "seed": 3, "shape": (12, 16, 10)}
        return generate(tmp_path / name, **(usual | changes))

    return run


def contents(folder: Path) -> dict[str, bytes]:
    """All files but hidden ones: what a killed writer leaves is hidden, and no reader takes it."""
    files = (p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    return {str(p.relative_to(folder)): p.read_bytes() for p in files}


def test_any_number_of_workers_makes_the_same_bytes(make, tmp_path):
    one = list(make("one", suffix="nii.gz"))
    two = list(make("two", suffix="nii.gz", workers=Workers(2)))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert {r.name for r in one} == {r.name for r in two}
    assert [r.done for r in two] == [1, 2, 3]


@pytest.mark.parametrize("suffix", ["npy", "nii.gz", "nii", "mha", "nrrd"])
def test_what_is_written_is_what_is_drawn(suffix, make, tmp_path):
    list(make(suffix=suffix, count=1, val_count=0))
    drawn = draw_sample(RECIPE, 3, 0, shape=(12, 16, 10))
    for kind, volume in (("magn", drawn.magnitude), ("distance", drawn.distance)):
        back = read(tmp_path / "data" / "train" / kind / f"train_000000.{suffix}")
        np.testing.assert_array_equal(back.values, volume.values)


def test_the_folder_passes_the_check_of_training_data(make, tmp_path):
    list(make())
    found = open_dataset(tmp_path / "data")
    assert [p.name for p in found.train] == ["train_000000", "train_000001"]
    assert [p.name for p in found.val] == ["val_000000"]


def test_two_dimensions(make, tmp_path):
    list(make(shape=(20, 28), count=1))
    assert open_dataset(tmp_path / "data").train[0].distance is not None


def test_origin_has_a_line_a_sample_in_order_that_makes_it_again(make, tmp_path):
    list(make())
    lines = (tmp_path / "data" / "origin.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    assert [t["name"] for t in told] == ["train_000000", "train_000001", "val_000000"]
    assert [t["index"] for t in told] == [0, 1, -1]
    again = draw_sample(RECIPE, told[2]["seed"], told[2]["index"], shape=tuple(told[2]["shape"]))
    there = read(tmp_path / "data" / "val" / "magn" / "val_000000.nii.gz")
    np.testing.assert_array_equal(again.magnitude.values, there.values)


def test_the_resolved_recipe_can_be_given_as_one(make, tmp_path):
    list(make(count=1, val_count=0))
    assert load_recipe(str(tmp_path / "data" / "recipe.json")) == RECIPE


def test_any_number_of_threads_makes_the_same_bytes(make, tmp_path):
    before = torch.get_num_threads()
    for threads in (1, 2):
        torch.set_num_threads(threads)
        list(make(str(threads), shape=(40, 44, 36), count=2))
    torch.set_num_threads(before)
    assert contents(tmp_path / "1") == contents(tmp_path / "2")


def test_resuming_makes_only_what_is_missing(make, tmp_path):
    list(make("whole"))
    unfinished = make()
    next(unfinished)
    unfinished.close()
    kept = tmp_path / "data" / "train" / "magn" / "train_000000.nii.gz"
    before = kept.stat().st_mtime_ns
    assert [r.made for r in make()] == [False, True, True]
    assert kept.stat().st_mtime_ns == before
    assert contents(tmp_path / "data") == contents(tmp_path / "whole")


def test_damaged_samples_and_a_cut_line_are_mended(make, tmp_path):
    list(make())
    whole = contents(tmp_path / "data")
    (tmp_path / "data" / "train" / "mask" / "train_000001.nii.gz").write_bytes(b"cut")
    origin = tmp_path / "data" / "origin.jsonl"
    origin.write_bytes(origin.read_bytes()[:-40])
    assert [r.made for r in make()] == [False, True, True]
    assert contents(tmp_path / "data") == whole


def test_larger_counts_add_to_what_is_there(make, tmp_path):
    list(make(count=1))
    added = list(make())
    list(make("whole"))
    assert sum(r.made for r in added) == 1
    assert contents(tmp_path / "data") == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 4}, r"seed 3 \(now 4\)"),
        ({"shape": (12, 12, 12)}, r"shape \[12, 16, 10\] \(now \[12, 12, 12\]\)"),
        ({"recipe": replace(RECIPE, anisotropic=0.5)}, r"recipe\.anisotropic 0\.35 \(now 0\.5\)"),
        ({"suffix": "nrrd"}, r"suffix nii.gz \(now nrrd\)"),
        ({"count": 1}, "holds 1 samples more than asked for"),
    ],
)
def test_another_data_set_in_the_folder_is_refused_by_what_differs(changes, named, make, tmp_path):
    list(make())
    before = contents(tmp_path / "data")
    with pytest.raises(InputError, match=named):
        make(**changes)
    assert contents(tmp_path / "data") == before


def test_data_that_we_did_not_make_is_left_alone(make, tmp_path):
    (tmp_path / "data" / "train").mkdir(parents=True)
    with pytest.raises(InputError, match=r"holds data without settings\.json"):
        make()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"count": 0}, "count 0, .* at least 1"),
        ({"count": -2}, "count -2, .* at least 1"),
        ({"val_count": -1}, "val_count -1"),
        ({"suffix": "png"}, "suffix png; samples can be kept as nii.gz, nii"),
        ({"suffix": ".npy"}, r"suffix \.npy"),
        ({"shape": (32,)}, "shape 32; .* two or three sides"),
        ({"shape": (32, 4)}, "shape 32×4"),
    ],
)
def test_nonsense_is_refused_at_once_and_leaves_nothing(changes, message, make, tmp_path):
    with pytest.raises(InputError, match=message):
        make(**changes)
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_made_is_refused(make, tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(InputError, match="a folder to write to"):
        make()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_recipe_that_misses_the_view_is_refused_from_any_worker(workers, make):
    far = replace(RECIPE.anatomy, kinds={"ball": 1.0}, radius_voxels=(0.5, 0.5))
    impossible = replace(RECIPE, anatomy=far)
    with pytest.raises(InputError, match="50 draws missed it"):
        list(make(recipe=impossible, workers=Workers(workers)))


def test_a_killed_worker_costs_nothing_and_its_samples_are_named(make, tmp_path):
    running = make(count=4, workers=Workers(2))
    records = [next(running)]
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
    records += running
    list(make("whole", count=4))
    assert len({r.name for r in records}) == 5
    assert 1 <= sum(r.retried for r in records) <= 2
    assert contents(tmp_path / "data") == contents(tmp_path / "whole")


class Deadly(str):
    """Text that kills the process which unpickles it."""

    def __reduce__(self):
        return eval, ("__import__('os')._exit(1)",)


def test_a_sample_that_kills_twice_is_named_at_the_end(make):
    with pytest.raises(InputError, match="died twice on train_000000, train_000001;"):
        list(make(suffix=Deadly("npy"), val_count=0, workers=Workers(2)))
