"""The main job on files: scans in, one folder each out, whole or not at all."""

import dataclasses
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lumenfield import io
from lumenfield.datatypes import Volume, slant
from lumenfield.errors import InputError
from lumenfield.inference import free_memory_gb, parked
from lumenfield.jobs.case import write_case
from lumenfield.jobs.folders import check_folder, check_replaceable
from lumenfield.jobs.progress import Ticker
from lumenfield.jobs.scans import ScanCase, case_name, find_scans, named_cases
from lumenfield.jobs.validity import (
    digest_of,
    fingerprint,
    holds_another,
    models_key,
    valid_record,
)
from lumenfield.jobs.workers import Workers, over_workers
from lumenfield.pipeline import SegmentOptions, run
from lumenfield.spacing import EDGES_MM, unit_meant

__all__ = ["CaseDone", "case_name", "read_scan", "segment_files"]

_RIGHT_WITHIN = 1.0
"""Degrees to which the axes of a scan have to be at right angles."""

_NEGATIVE = 0.01
"""Share of negative values from which a scan is hardly a magnitude; resampling leaves fewer."""


@dataclass(frozen=True)
class CaseDone:
    """One scan of many: its folder, or why there is none.

    Args:
        seconds: that it took, reading and writing included; of a skipped one, when it was done.
        skipped: an earlier run had done the same, and its files are still valid.
        retried: a worker died under it, and another took it over.
        error: an `InputError` the user can mend; anything else is a fault of ours.
        stale: it failed, and the results of an earlier run lie under its name.
    """

    name: str
    folder: Path | None
    seconds: float
    record: dict[str, Any] = dataclasses.field(default_factory=dict)
    error: Exception | None = None
    skipped: bool = False
    retried: bool = False
    stale: bool = False

    @property
    def status(self) -> str:
        """In a word or two."""
        if self.error is not None:
            return "failed"
        return "still valid" if self.skipped else "done again" if self.retried else "done"


@dataclass(frozen=True)
class _Task:
    """All that a worker needs to know of one case."""

    case: ScanCase
    out: Path
    options: SegmentOptions
    models: str
    again: bool


def segment_files(
    scans: Iterable[Path],
    out: Path,
    options: SegmentOptions,
    *,
    reading: io.ReadOptions | None = None,
    workers: Workers = Workers(),  # noqa: B008
    again: bool = False,
    tick: Ticker = lambda stage, done, total: None,
) -> Iterator[CaseDone]:
    """Segment scans, one after another or over workers; a bad one is told and the rest go on.

    A case that an earlier run has done, with the same scan, networks and options, is skipped.

    Args:
        scans: files, folders and patterns, as `find_scans` takes them.
        reading: which array, series or frame of each file, and the voxel size.
        workers: with more than one, cases come in the order in which they are done.
        again: do all of them, whatever was done before.

    Raises:
        InputError: no scan or no network of that name, two scans that would write to the same
            folder, a folder that cannot be made, or no cluster.
    """
    cases = named_cases(find_scans(scans), reading or io.ReadOptions())
    check_folder(out)
    models = models_key(options)
    shared = _shared(options, workers)
    tasks = [_Task(case, out.absolute(), shared, models, again) for case in cases]
    work = partial(_segmented, tick=tick) if workers.is_here else _segmented
    for done in over_workers(work, tasks, workers):
        name = done.case.case.name
        result = done.result or CaseDone(name, None, 0.0, error=done.error)
        yield dataclasses.replace(
            result,
            folder=result.folder and out / name,
            retried=done.retried,
            stale=result.folder is None and (out / name / "run.json").is_file(),
        )


def _segmented(task: _Task, tick: Ticker = lambda stage, done, total: None) -> CaseDone:
    """Do one case, in whatever process."""
    began = time.perf_counter()
    case, folder = task.case, task.out / task.case.name
    try:
        check_replaceable(folder, case.path)
        scan, notes = read_scan(case.path, case.reading)
        digest = digest_of(scan)
        mark = fingerprint(digest, case, task.options, task.models, version("lumenfield"))
        known = None if task.again else valid_record(folder, mark)
        if known is not None:
            spent = math.fsum(known["stages_s"].values())
            return CaseDone(case.name, folder, spent, known, skipped=True)
        if holds_another(folder, digest):
            notes = (*notes, f"{case.name} held the results of another scan: they were replaced")
        scan = scan.like(parked(scan.values))
        outcome = run(scan, task.options, tick)
        record = write_case(
            outcome,
            folder,
            task.options,
            source=case.path.name,
            notes=notes,
            marks={"fingerprint": mark, "scan_sha256": digest},
        )
        return CaseDone(case.name, folder, time.perf_counter() - began, record)
    except Exception as error:  # One scan of many: told, and the rest go on.
        return CaseDone(case.name, None, time.perf_counter() - began, error=error)


def _shared(options: SegmentOptions, workers: Workers) -> SegmentOptions:
    """Divide this machine's free memory between its processes, unless a limit was given."""
    if workers.address or workers.count == 1 or options.predict.max_memory_gb:
        return options
    each = free_memory_gb() / workers.count
    return dataclasses.replace(
        options, predict=dataclasses.replace(options.predict, max_memory_gb=round(each, 2))
    )


def read_scan(path: Path, reading: io.ReadOptions | None = None) -> tuple[Volume, tuple[str, ...]]:
    """Read a scan, and say what had to be assumed of its geometry.

    Raises:
        InputError: as `io.read`, for a label map, which is an answer and no scan, for voxels
            whose edges cannot be millimetres, and for axes that are not at right angles.
    """
    reading = reading or io.ReadOptions()
    stored = io.peek(path, reading)
    scan = io.load(stored, reading)
    _refuse_scale(path, scan, reading)
    _refuse_shear(path, scan)
    io.refuse_labels(path, scan)
    notes = _notes_on_values(path, scan)
    if reading.spacing is None and not stored.placement.known:
        edges = "×".join(f"{s:g}" for s in scan.spacing)
        note = f"{path.name} records no voxel size; {edges} mm was assumed: pass --spacing"
        return scan, (note, *notes)
    return scan, notes


def _notes_on_values(path: Path, scan: Volume) -> tuple[str, ...]:
    share = scan.n_negative() / scan.values.size
    if share <= _NEGATIVE:
        return ()
    told = f"{path.name} is negative in {share:.0%} of its voxels, and a magnitude nowhere"
    return (f"{told}: look whether it is a phase image, a tomogram, or filtered",)


def _refuse_shear(path: Path, scan: Volume) -> None:
    off = math.degrees(math.asin(min(1.0, slant(scan.affine[:3, : scan.ndim]))))
    if off > _RIGHT_WITHIN:
        raise InputError(
            f"{path}: two of its axes are {off:.0f}° off a right angle",
            "distances in mm are measured along axes at right angles",
            "resample it to a grid without shear, or mend its header",
        )


def _refuse_scale(path: Path, scan: Volume, reading: io.ReadOptions) -> None:
    unit = unit_meant(scan.spacing)
    if not unit:
        return
    least, most = EDGES_MM
    edges = "×".join(f"{s:g}" for s in scan.spacing)
    given = reading.spacing is not None
    raise InputError(
        f"{'--spacing' if given else path}: voxels of {edges} mm look like {unit}",
        f"an edge is {least:g} to {most:g} mm",
        "give them in millimetres"
        if given
        else "mend the header, or give the edges in millimetres with --spacing",
    )
