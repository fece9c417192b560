"""What the page of a case shows, from its run or from its files; separate so that both say one."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lumenfield.datatypes import Prediction, Volume
from lumenfield.evaluation import CaseScores, level_of
from lumenfield.pipeline import Outcome
from lumenfield.report import CaseReport, Fact, ScoreRow
from lumenfield.report.narrowest import (
    Narrow,
    greatest_narrowing,
    long_branches,
    smallest_diameter,
)
from lumenfield.report.tables import voxel_text
from lumenfield.spacing import voxel_mm
from lumenfield.vessels import Branch, Interval, Vessels

__all__ = ["case_report", "outcome_report", "with_scores"]

_LARGE = 1 << 24
"""Voxels beyond which a report is made from fewer."""

_TOLD = 0.1
"""Narrowing from which the answer tells its place."""

COLUMNS = {
    "iou": "IoU",
    "dice": "Dice",
    "bias_voxels": "bias voxels",
    "rms_voxels": "rms voxels",
    "p95_voxels": "p95 voxels",
    "hd95_mm": "HD95 mm",
    "cldice": "clDice",
    "betti0_error": "Betti-0 error",
    "coverage95": "95 % holds",
}
"""Score → what heads its column."""


def outcome_report(
    outcome: Outcome, name: str, record: Mapping[str, Any], vessels: Vessels
) -> CaseReport:
    """Put a segmentation that was just made into what the page shows."""
    return case_report(
        name,
        outcome.scan,
        outcome.prediction,
        record,
        vessels.branches,
        initial=outcome.initial.distance if outcome.refinement else None,
    )


def case_report(
    name: str,
    scan: Volume,
    found: Prediction,
    record: Mapping[str, Any],
    branches: tuple[Branch, ...],
    *,
    initial: Volume | None = None,
) -> CaseReport:
    """Put the answer and its provenance into what the page shows.

    A scan of more than 16 million voxels is shown by every second one, or third, …

    Args:
        record: as `run.json` has it; its warnings are shown.
    """
    stride = math.ceil((scan.values.size / _LARGE) ** (1 / scan.ndim))
    distance = _every(found.distance, stride)
    scan = dataclasses.replace(scan, placed=bool(record.get("placed", scan.placed)))
    narrow = _narrow_places(distance, branches)
    return CaseReport(
        name=name,
        scan=_every(scan, stride),
        prediction=dataclasses.replace(
            found,
            probability=_every(found.probability, stride),
            distance=distance,
            spread=_every(found.spread, stride),
            warnings=tuple(record.get("warnings", ())),
        ),
        answer=_answer(scan, record, branches, narrow),
        headline=tuple(_headline(scan, record, narrow)),
        provenance=tuple(_provenance(record)),
        initial=None if initial is None else _every(initial, stride),
        branches=branches,
        branch_notes=tuple(record.get("branch_notes", ())),
    )


def with_scores(
    page: CaseReport,
    ours: Sequence[CaseScores],
    others: Sequence[CaseScores],
    truth: Volume,
) -> CaseReport:
    """Add scores, the rivals' below our own, and the truth that they were scored against.

    Args:
        ours: of this case; the last has the details.
        truth: a mask or a distance on the scan's grid.
    """
    level = level_of(truth.values, what="truth")
    stride = math.ceil(max(n / m for n, m in zip(truth.shape, page.scan.shape, strict=True)))
    return dataclasses.replace(
        page,
        truth=_every(truth.like(level.values), stride),
        truth_is_distance=level.is_distance,
        score_columns=tuple(COLUMNS.values()),
        scores=tuple(_row(case) for case in (*ours, *others)),
        details=ours[-1].details,
    )


def _row(case: CaseScores) -> ScoreRow:
    figures = [case.scores.figure(name) for name in COLUMNS]
    return ScoreRow(case.name, tuple("–" if v is None else f"{v:.3f}" for v in figures))


@dataclass(frozen=True)
class _NarrowPlaces:
    """The places told first; `of_all` where no branch was left aside for them."""

    thin: Narrow | None
    narrowed: Narrow | None
    of_all: bool


def _narrow_places(distance: Volume, branches: tuple[Branch, ...]) -> _NarrowPlaces:
    chosen = long_branches(branches, distance)
    thin, narrowed = smallest_diameter(branches, chosen), greatest_narrowing(branches, chosen)
    return _NarrowPlaces(thin, narrowed, len(chosen) == len(branches))


def _answer(
    scan: Volume,
    record: Mapping[str, Any],
    branches: tuple[Branch, ...],
    narrow: _NarrowPlaces,
) -> str:
    """Say what was found, where it is narrowest, and how sure that is, in a few sentences."""
    amount = _lumen(record)
    if amount is None or not record.get("wall_95_mm"):
        return ""
    count = len(branches)
    parts = "" if not count else f" in {count} {'branch' if count == 1 else 'branches'}"
    told = [f"A lumen of {amount} was found{parts}."]
    thin, narrowed = narrow.thin, narrow.narrowed
    if not narrow.of_all and (thin is not None or narrowed is not None):
        told.append("What follows leaves short branches and small parts aside.")
    if thin is not None:
        low, high = (f"{x:.2f}" for x in (thin.figure.low, thin.figure.high))
        told.append(
            f"It is narrowest in branch {thin.number}, {thin.arc_mm:.1f} mm from the start of it, "
            f"at voxel {voxel_text(scan, thin.point_mm)}: {thin.figure.value:.2f} mm across, with "
            f"95 % between {low} and {high} mm."
        )
    if narrowed is not None and narrowed.figure.value < _TOLD:
        told.append(f"Nowhere is it narrowed by {100 * _TOLD:.0f} % or more.")
    elif narrowed is not None:
        place = "There" if thin is not None and _same(thin, narrowed) else _place(scan, narrowed)
        told.append(f"{place} it is narrowed by {_percent(narrowed.figure)}, more than elsewhere.")
    known = record["wall_95_mm"]
    told.append(
        f"Half of its wall is known to ± {known:.2f} mm ({known / voxel_mm(scan.spacing):.2f} "
        "voxel) or better."
    )
    return " ".join(told)


def _headline(scan: Volume, record: Mapping[str, Any], narrow: _NarrowPlaces) -> list[Fact]:
    known, thin, narrowed = record.get("wall_95_mm"), narrow.thin, narrow.narrowed
    aside = "" if narrow.of_all else "; short branches aside"
    facts = [Fact("Lumen", _lumen(record) or "none found")]
    if thin is not None:
        low, high = (f"{x:.2f}" for x in (thin.figure.low, thin.figure.high))
        note = f"95 %: {low} to {high} mm; branch {thin.number}{aside}"
        facts.append(Fact("Smallest diameter", f"{thin.figure.value:.2f} mm", note))
    if narrowed is not None:
        low, high = (f"{100 * x:.0f}" for x in (narrowed.figure.low, narrowed.figure.high))
        note = f"95 %: {low} to {high} %; branch {narrowed.number}{aside}"
        facts.append(Fact("Greatest narrowing", f"{100 * narrowed.figure.value:.0f} %", note))
    if known:
        note = f"{known / voxel_mm(scan.spacing):.2f} voxels; 95 % interval, median along the wall"
        facts.append(Fact("Wall known to", f"± {known:.2f} mm", note))
    leaving = "the part in prior.npz leaves" if record.get("prior_left_out_voxels") else "it leaves"
    count = str(len(record.get("caps", ())))
    return [*facts, Fact("Openings", count, f"where {leaving} the field of view")]


def _provenance(record: Mapping[str, Any]) -> list[Fact]:
    """List what is known of how it came about; an older record may say less."""
    facts = [
        Fact("Model", str(use["name"]), f"sha256 {use['sha256'][:12]}…")
        for use in record.get("models", ())
    ]
    facts.append(Fact("Scan", str(record.get("scan", ""))))
    if field := record.get("field"):
        told = f"σ {field['spread_mm']:.3f} mm over ℓ {field['length_mm']:.2f} mm"
        facts.append(Fact("Start known to", told, "the network's calibration on drawn scans"))
    if source := record.get("spread_calibration"):
        facts.append(Fact("Error bar scaled by", str(source)))
    if versions := record.get("versions"):
        others = ", ".join(f"{n} {v}" for n, v in versions.items() if n != "lumenfield")
        facts.append(Fact("Version", str(versions.get("lumenfield", "")), others))
    facts += [
        Fact(name, str(record[key]))
        for name, key in (("Device", "device"), ("Seed", "seed"))
        if record.get(key) is not None
    ]
    if stages := record.get("stages_s"):
        each = ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items())
        facts.append(Fact("Time", f"{sum(stages.values()):.1f} s", each))
    if memory := record.get("peak_memory_mb"):
        facts.append(Fact("Memory", f"{memory} MB at most"))
    if record.get("snr") is not None:
        facts.append(Fact("SNR, CNR", f"{record['snr']:.1f}, {record['cnr']:.1f}"))
        facts.append(
            Fact("χ²", f"{record['chi2']:.2f}", "misfit per voxel at the wall; 1 is ideal")
        )
    return facts


def _lumen(record: Mapping[str, Any]) -> str | None:
    for key, unit in (("lumen_ml", "ml"), ("lumen_cm2", "cm²")):
        if record.get(key):
            return f"{record[key]:.2f} {unit}"
    return None


def _same(one: Narrow, other: Narrow) -> bool:
    close = abs(one.arc_mm - other.arc_mm) <= one.figure.value
    return one.number == other.number and close


def _place(scan: Volume, narrow: Narrow) -> str:
    voxel = voxel_text(scan, narrow.point_mm)
    return f"In branch {narrow.number}, {narrow.arc_mm:.1f} mm from its start (voxel {voxel}),"


def _percent(share: Interval) -> str:
    value, low, high = (100 * x for x in (share.value, share.low, share.high))
    return f"{value:.0f} % ({low:.0f} to {high:.0f} %)"


def _every(volume: Volume, stride: int) -> Volume:
    if stride == 1:
        return volume
    affine = volume.affine.copy()
    affine[:3, : volume.ndim] *= stride
    every = volume.values[(slice(None, None, stride),) * volume.ndim].copy()
    return Volume(every, affine, volume.placed)
