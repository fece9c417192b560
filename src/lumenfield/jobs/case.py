"""What one segmented scan leaves in its folder: volumes, wall, prior, report and `run.json`."""

import dataclasses
import json
import math
import platform
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from lumenfield import io
from lumenfield.config import to_mapping
from lumenfield.datatypes import BoundaryPrior, Prediction, Volume
from lumenfield.devices import resolve_device
from lumenfield.inference import parked, release, seen_spacing
from lumenfield.jobs.case_report import outcome_report
from lumenfield.jobs.vessels import branch_records, branch_units, measure_case
from lumenfield.pipeline import Outcome, SegmentOptions
from lumenfield.prior import boundary_prior, wall_mesh, write_pack
from lumenfield.refinement.calibration import calibration
from lumenfield.report import CaseReport, write_case_report
from lumenfield.spacing import voxel_mm
from lumenfield.vessels import Vessels

__all__ = ["write_case"]

_LARGE = 1 << 24
"""Voxels beyond which files are written one after another."""


def write_case(
    outcome: Outcome,
    folder: Path,
    options: SegmentOptions,
    *,
    source: str,
    notes: tuple[str, ...] = (),
    marks: Mapping[str, str] = MappingProxyType({}),
    page: Callable[[CaseReport], CaseReport] | None = None,
) -> dict[str, Any]:
    """Write all files of one segmented scan, and return what `run.json` says.

    Args:
        notes: warnings beside those of the prediction.
        marks: joins the record: digests by which a later run knows the case and its scan.
        page: adds to what the report shows.
    """
    began = time.perf_counter()
    io.make_folder(folder.parent)
    with io.whole_folder(folder, replace=True) as part:
        with _Writers(outcome.scan.values.size) as writers:
            _write_volumes(outcome.prediction, part, writers)
            vessels = measure_case(outcome, part)
            _let_go(outcome)
            prior = _write_prior(outcome, part, writers)
            record = _record(outcome, options, source, notes, prior, vessels)
            _let_go(outcome)
            shown = outcome_report(outcome, folder.name, record, vessels)
        _let_go(outcome)
        files = tuple(sorted([*(p.name for p in part.iterdir()), "run.json", "report.html"]))
        shown = dataclasses.replace(page(shown) if page else shown, files=files)
        write_case_report(shown, part / "report.html")
        record |= {"fingerprint": "", **marks, "files": list(files)}
        record["stages_s"]["write"] = round(time.perf_counter() - began, 3)
        (part / "run.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return record


class _Writers:
    """Two threads that write files, and pass on what goes wrong; none for large volumes.

    Compression leaves Python free, and takes most of the time; two large volumes in hand at once
    would take memory that may not be there.
    """

    def __init__(self, voxels: int) -> None:
        self._pool = ThreadPoolExecutor(2) if voxels <= _LARGE else None
        self._begun: list[Future[None]] = []

    def __enter__(self) -> "_Writers":
        return self

    def __exit__(self, *raised: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=raised[0] is not None)
        if raised[0] is None:
            for future in self._begun:
                future.result()

    def do(self, write: Callable[[], None]) -> None:
        """Write something now or soon."""
        if self._pool is None:
            write()
        else:
            self._begun.append(self._pool.submit(write))


def _write_volumes(found: Prediction, part: Path, writers: _Writers) -> None:
    mask = found.distance.like((found.distance.values < 0).astype(np.uint8))
    named = {"probability": found.probability, "distance": found.distance, "spread": found.spread}
    for name, volume in {**named, "mask": mask}.items():
        writers.do(partial(_write_volume, volume, part / f"{name}.nii.gz"))


def _write_volume(volume: Volume, path: Path) -> None:
    io.write(volume, path)
    release(volume.values)


def _write_prior(outcome: Outcome, part: Path, writers: _Writers) -> BoundaryPrior | None:
    inside = outcome.prediction.distance.values < 0
    if inside.all() or not inside.any():
        return None
    if outcome.scan.ndim == 3:
        mesh = wall_mesh(_around_lumen(outcome.prediction.distance))
        writers.do(partial(io.write_mesh, mesh, part / "wall.stl"))
        release(outcome.prediction.distance.values)
    models = ", ".join(use.name for use in outcome.models)
    samples = outcome.refinement.samples if outcome.refinement else None
    prior = _parked(
        boundary_prior(
            outcome.prediction, samples=samples, model=models, version=version("lumenfield")
        )
    )
    _let_go(outcome)
    writers.do(partial(write_pack, prior, part / "prior.npz"))
    return prior


def _let_go(outcome: Outcome) -> None:
    """Leave what a large scan's answers were read into; they are read again where wanted."""
    found = outcome.prediction
    for volume in (outcome.scan, found.probability, found.distance, found.spread):
        release(volume.values)


def _around_lumen(distance: Volume, margin: int = 4) -> Volume:
    """Cut a grid to what holds its lumen, so that a mesh of it takes no more memory than that."""
    inside = distance.values < 0
    box = []
    for axis, n in enumerate(distance.shape):
        others = tuple(k for k in range(distance.ndim) if k != axis)
        found = np.flatnonzero(inside.any(axis=others))
        box.append(slice(max(0, int(found[0]) - margin), min(n, int(found[-1]) + 1 + margin)))
    affine = distance.affine.copy()
    affine[:3, 3] += affine[:3, : distance.ndim] @ [one.start for one in box]
    return Volume(distance.values[tuple(box)], affine)


def _parked(prior: BoundaryPrior) -> BoundaryPrior:
    distance, spread = (
        volume.like(parked(volume.values)) for volume in (prior.distance, prior.spread)
    )
    return dataclasses.replace(prior, distance=distance, spread=spread)


def _record(
    outcome: Outcome,
    options: SegmentOptions,
    source: str,
    notes: tuple[str, ...],
    prior: BoundaryPrior | None,
    vessels: Vessels,
) -> dict[str, Any]:
    solver = outcome.refinement
    left_out = prior.meta.discarded_voxels if prior else ()
    told = _left_out(outcome.prediction.distance, left_out)
    packages = ("lumenfield", "torch", "numpy", "scipy")
    return {
        "scan": source,
        "shape": list(outcome.scan.shape),
        "spacing_mm": [round(s, 6) for s in outcome.scan.spacing],
        "placed": outcome.scan.placed,
        "versions": {**{p: version(p) for p in packages}, "python": platform.python_version()},
        "models": [to_mapping(use) for use in outcome.models],
        "network_voxels_mm": [round(s, 6) for s in seen_spacing(outcome.scan.spacing)],
        "device": str(resolve_device(options.predict.device)),
        "seed": options.refinement.seed,
        "options": to_mapping(options),
        "field": to_mapping(outcome.prediction.field),
        "spread_calibration": _calibration(outcome, options),
        "snr": _plain(solver.signal_to_noise) if solver else None,
        "cnr": _plain(solver.contrast_to_noise) if solver else None,
        "chi2": _plain(solver.chi2) if solver else None,
        "point_spread_voxels": _plain(solver.point_spread) if solver else None,
        "iterations": len(solver.records) if solver else 0,
        **_lumen_size(outcome),
        "wall_95_mm": _plain(_wall_known_to(outcome)),
        "prior_left_out_voxels": list(left_out),
        "caps": [to_mapping(cap) for cap in prior.caps] if prior else [],
        "caps_of": "the part of the lumen in prior.npz" if left_out else "the whole lumen",
        "viscosity_pa_s": vessels.viscosity,
        "branches": branch_records(vessels),
        "branch_units": branch_units(outcome.scan.ndim),
        "branch_notes": list(vessels.notes),
        "stages_s": {stage.name: stage.seconds for stage in outcome.stages},
        "peak_memory_mb": _peak_memory_mb(),
        "warnings": [*notes, *outcome.prediction.warnings, *told],
    }


def _calibration(outcome: Outcome, options: SegmentOptions) -> str | None:
    """Say what the error bar was scaled by."""
    used = outcome.refinement is not None and options.refinement.calibrate
    return calibration().source if used else None


def _plain(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None


def _lumen_size(outcome: Outcome) -> dict[str, float]:
    """Volume of the lumen by partial voxels, ml; in 2-D its area, cm²."""
    distance, edge = outcome.prediction.distance, voxel_mm(outcome.scan.spacing)
    shares = (np.clip(0.5 - slab / edge, 0, 1).sum(dtype=np.float64) for slab in distance.values)
    size = math.fsum(shares) * math.prod(outcome.scan.spacing)
    if distance.ndim == 3:
        return {"lumen_ml": round(size / 1000, 4)}
    return {"lumen_cm2": round(size / 100, 4)}


def _left_out(distance: Volume, sizes: tuple[int, ...]) -> tuple[str, ...]:
    """Warn where the prior holds less than 99 % of the lumen's voxels."""
    whole = distance.n_negative()
    if sum(sizes) <= 0.01 * whole:
        return ()
    share = 100 * (whole - sum(sizes)) // whole
    return (f"prior.npz holds {share} % of the lumen; {_parts(sizes)} left out: export --keep all",)


def _parts(sizes: tuple[int, ...]) -> str:
    if len(sizes) == 1:
        return f"1 part of {sizes[0]} voxels was"
    *first, last = map(str, sizes[:3]) if len(sizes) < 4 else (*map(str, sizes[:3]), "fewer")
    return f"{len(sizes)} parts of {', '.join(first)} and {last} voxels were"


def _wall_known_to(outcome: Outcome) -> float:
    """Half the 95 % interval of the wall, its median where the wall passes, mm."""
    found, voxel = outcome.prediction, voxel_mm(outcome.scan.spacing)
    pairs = zip(found.distance.values, found.spread.values, strict=True)
    on_wall = [spread[np.abs(distance) < voxel] for distance, spread in pairs]
    typical = np.concatenate(on_wall)
    return 1.96 * float(np.median(typical)) if len(typical) else math.nan


def _peak_memory_mb() -> int:
    import resource  # Not on Windows.

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1024 if sys.platform != "darwin" else peak / 1024**2)
