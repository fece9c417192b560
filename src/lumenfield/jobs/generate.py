"""A data set of synthetic pairs on disk; separate because drawing itself knows no files.

FOLDER/{train,val}/{magn,mask,distance}/NAME.EXT   FOLDER/{origin.jsonl,settings.json,recipe.json}
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lumenfield.config import to_mapping
from lumenfield.errors import InputError
from lumenfield.io import make_folder, read, whole_file, write
from lumenfield.jobs.workers import Workers, over_workers
from lumenfield.synthesis import Recipe, draw_sample

__all__ = ["GeneratedCase", "generate"]

_KINDS = ("distance", "mask", "magn")
_SUFFIXES = ("nii.gz", "nii", "mha", "nrrd", "npy")
"""Formats that keep real numbers, in one file each; npy alone keeps no voxel size."""

_LEAST_VOXELS = 8


@dataclass(frozen=True)
class GeneratedCase:
    """One sample that is on disk.

    Args:
        name: of its files, without the suffix.
        done: samples on disk so far, of `total`.
        made: drawn now; false if it was there already.
        retried: a worker died while it was drawn, and it was drawn again.
    """

    name: str
    part: Literal["train", "val"]
    done: int
    total: int
    made: bool = True
    retried: bool = False


def generate(
    folder: Path,
    *,
    count: int,
    val_count: int = 0,
    recipe: Recipe,
    seed: int,
    shape: tuple[int, ...],
    suffix: str = "nii.gz",
    workers: Workers = Workers(),  # noqa: B008
) -> Iterator[GeneratedCase]:
    """Write `count` samples to train from and `val_count` to validate on, and tell of each.

    Training samples are those of the indices 0, 1, 2, …, validation samples those of −1, −2, …,
    so that neither part ever holds a sample of the other, however far both grow. The bytes depend
    on recipe, seed and shape alone, not on `workers`. A run that was cut short goes on where it
    stopped; larger counts add to what is there. `origin.jsonl` says what each sample was drawn
    as, a line each, training first; `recipe.json` is the recipe as it was resolved, and can be
    given as one.

    Args:
        suffix: of the files: nii.gz, nii, mha or nrrd, or npy, which keeps no voxel size: a network
            trained on it cannot be calibrated, nor learn distances.
        workers: who draws; this process by default.

    Yields:
        One record a sample, first those that were there, then each as it is done.

    Raises:
        InputError: counts, shape or suffix make no sense; the folder holds other data or more
            samples; the recipe's vessels miss the field of view; no cluster answers; a worker died
            twice on the same samples (the others are done then).
    """
    _refuse_nonsense(count, val_count, shape, suffix)
    job = _Job(folder, recipe, seed, shape, suffix)
    places = [_Place("train", n) for n in range(count)] + [
        _Place("val", n) for n in range(val_count)
    ]
    _claim(job)
    lines = _known_lines(folder)
    _refuse_more(folder, lines, places)
    return _generated(job, places, lines, workers)


@dataclass(frozen=True)
class _Job:
    folder: Path
    recipe: Recipe
    seed: int
    shape: tuple[int, ...]
    suffix: str

    @property
    def settings(self) -> dict[str, Any]:
        """Everything that the bytes depend on, as JSON gives it back."""
        recipe = to_mapping(self.recipe)
        named = {"recipe": recipe, "seed": self.seed, "shape": self.shape, "suffix": self.suffix}
        return dict(json.loads(json.dumps(named)))

    def file(self, place: "_Place", kind: str) -> Path:
        """Where one of the grids of a sample lies."""
        return self.folder / place.part / kind / f"{place.name}.{self.suffix}"


@dataclass(frozen=True)
class _Place:
    part: Literal["train", "val"]
    number: int

    @property
    def name(self) -> str:
        """No name is in both parts."""
        return f"{self.part}_{self.number:06d}"

    @property
    def index(self) -> int:
        """Which sample of the seed it holds."""
        return self.number if self.part == "train" else -1 - self.number


def _generated(
    job: _Job, places: list[_Place], lines: dict[str, str], workers: Workers
) -> Iterator[GeneratedCase]:
    for place in places:
        for kind in _KINDS:
            job.file(place, kind).parent.mkdir(parents=True, exist_ok=True)
    # Rewritten before it is added to: its last line may have been cut short.
    _store_lines(job.folder, places, lines)
    missing, done = [], 0
    for place in places:
        if place.name in lines and _is_whole(job, place):
            done += 1
            yield GeneratedCase(place.name, place.part, done, len(places), made=False)
        else:
            missing.append(place)
    dead: list[str] = []
    for drawn in over_workers(_draw_and_write, [_Task(job, place) for place in missing], workers):
        place = drawn.case.place
        if drawn.result is None:
            if not drawn.retried:
                assert drawn.error is not None
                raise drawn.error
            dead.append(place.name)
            continue
        lines[place.name] = drawn.result
        with (job.folder / "origin.jsonl").open("a", encoding="utf-8", newline="\n") as file:
            file.write(drawn.result + "\n")
        done += 1
        yield GeneratedCase(place.name, place.part, done, len(places), retried=drawn.retried)
    _store_lines(job.folder, places, lines)
    if dead:
        raise InputError(
            f"a worker died twice on {', '.join(sorted(dead))}",
            "each worker needs memory for a whole sample; the other samples are done",
            "run it again with fewer workers or a smaller shape",
        )


@dataclass(frozen=True)
class _Task:
    job: _Job
    place: _Place


def _draw_and_write(task: _Task) -> str:
    """Make one sample and give its line in `origin.jsonl`."""
    job, place = task.job, task.place
    sample = draw_sample(job.recipe, job.seed, place.index, shape=job.shape)
    for kind, volume in zip(_KINDS, (sample.distance, sample.mask, sample.magnitude), strict=True):
        write(volume, job.file(place, kind))
    return json.dumps({"name": place.name, "part": place.part, **json.loads(sample.origin)})


def _is_whole(job: _Job, place: _Place) -> bool:
    try:
        return all(read(job.file(place, kind)).shape == job.shape for kind in _KINDS)
    except InputError:
        return False


def _claim(job: _Job) -> None:
    """Write the settings into a new folder, or compare with those of an old one."""
    path = job.folder / "settings.json"
    if path.exists():
        _refuse_other(job, path)
        return
    if any((job.folder / part).exists() for part in ("train", "val", "origin.jsonl")):
        raise InputError(
            f"{job.folder} holds data without settings.json",
            "only a folder that generate began can be continued",
            "name a new folder",
        )
    make_folder(job.folder)
    for file, value in (("recipe.json", job.settings["recipe"]), (path.name, job.settings)):
        with whole_file(job.folder / file) as part:
            part.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


def _refuse_other(job: _Job, path: Path) -> None:
    try:
        former = dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {error}", "settings as JSON", "name a new folder") from None
    old, new = _flat(former), _flat(job.settings)
    changed = [k for k in sorted(old.keys() | new.keys()) if old.get(k) != new.get(k)]
    if changed:
        told = ", ".join(f"{k} {old.get(k)} (now {new.get(k)})" for k in changed[:5])
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        raise InputError(
            f"{job.folder} was made with {told}{more}",
            "a data set has one recipe, seed, shape and suffix",
            "give the same ones, or name a new folder",
        )


def _refuse_more(folder: Path, lines: Mapping[str, str], places: list[_Place]) -> None:
    extra = len(lines.keys() - {place.name for place in places})
    if extra:
        raise InputError(
            f"{folder} holds {extra} samples more than asked for",
            "a data set grows and never shrinks",
            "ask for at least as many, or name a new folder",
        )


def _refuse_nonsense(count: int, val_count: int, shape: tuple[int, ...], suffix: str) -> None:
    if count < 1 or val_count < 0:
        raise InputError(
            f"count {count}, val_count {val_count}",
            "count is at least 1, val_count at least 0",
            "give larger numbers",
        )
    if len(shape) not in (2, 3) or min(shape) < _LEAST_VOXELS:
        raise InputError(
            f"shape {'×'.join(map(str, shape))}",
            f"a sample has two or three sides of at least {_LEAST_VOXELS} voxels",
            "take for example 96×96×96",
        )
    if suffix not in _SUFFIXES:
        raise InputError(
            f"suffix {suffix}", f"samples can be kept as {', '.join(_SUFFIXES)}", "take nii.gz"
        )


def _flat(mapping: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in mapping.items():
        inner = isinstance(value, dict)
        result |= _flat(value, f"{above}{key}.") if inner else {f"{above}{key}": value}
    return result


def _known_lines(folder: Path) -> dict[str, str]:
    """Give the line of each sample by its name; one cut short is left out."""
    path = folder / "origin.jsonl"
    lines = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        try:
            lines[str(json.loads(line)["name"])] = line
        except (ValueError, KeyError, TypeError):
            continue
    return lines


def _store_lines(folder: Path, places: list[_Place], lines: Mapping[str, str]) -> None:
    with whole_file(folder / "origin.jsonl") as part:
        ordered = [lines[place.name] + "\n" for place in places if place.name in lines]
        part.write_bytes("".join(ordered).encode())
