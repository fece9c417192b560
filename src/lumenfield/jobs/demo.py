"""A phantom from scan to scores: proof on a new machine that all stages work, and how well."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lumenfield import io
from lumenfield.datatypes import Volume
from lumenfield.evaluation import CaseScores, evaluate_case
from lumenfield.jobs.case import case_report, write_case
from lumenfield.jobs.folders import check_folder, check_replaceable
from lumenfield.jobs.progress import Ticker
from lumenfield.pipeline import Outcome, SegmentOptions, run
from lumenfield.report import CaseReport, ScoreRow
from lumenfield.synthesis import carotid_phantom

__all__ = ["DemoResult", "demo"]

COLUMNS = ("dice", "bias_voxels", "rms_voxels", "p95_voxels", "coverage95", "hd95_mm", "cldice")


@dataclass(frozen=True)
class DemoResult:
    """Where the demo's files are, and its scores before and after refinement."""

    folder: Path
    scores: tuple[CaseScores, ...]


def demo(
    out: Path,
    options: SegmentOptions | None = None,
    tick: Ticker = lambda stage, done, total: None,
) -> DemoResult:
    """Scan the carotid phantom, segment and refine it, score it, and write its report.

    OUT gets the phantom (`phantom/`) and what `segment` writes for a scan (`carotid/`).
    """
    options = options or SegmentOptions()
    check_folder(out)
    check_replaceable(out / "carotid")
    check_replaceable(out / "phantom", mark="origin.json")
    sample = carotid_phantom()
    outcome = run(sample.magnitude, options, tick)
    scores = score_stages(outcome, sample.distance)
    io.make_folder(out)
    with io.whole_folder(out / "phantom", replace=True) as part:
        for name in ("magnitude", "mask", "distance"):
            io.write(getattr(sample, name), part / f"{name}.nii.gz")
        (part / "origin.json").write_text(sample.origin + "\n", encoding="utf-8")
    folder = out / "carotid"
    write_case(
        outcome,
        folder,
        options,
        source="phantom/magnitude.nii.gz",
        page=lambda record: _page(outcome, sample.distance, scores, record),
    )
    return DemoResult(folder, scores)


def score_stages(outcome: Outcome, truth: Volume) -> tuple[CaseScores, ...]:
    """Score the network's wall and, if it was refined, the refined one."""
    stages = [("network alone", outcome.initial)]
    if outcome.refinement is not None:
        stages.append(("refined", outcome.prediction))
    return tuple(
        evaluate_case(
            name,
            found.distance,
            truth,
            spread=found.spread,
            prediction_kind="distance",
            truth_kind="distance",
        )
        for name, found in stages
    )


def _page(
    outcome: Outcome, truth: Volume, scores: tuple[CaseScores, ...], record: dict[str, Any]
) -> CaseReport:
    page = case_report(outcome, "Carotid phantom", record)
    rows = tuple(
        ScoreRow(case.name, tuple(_cell(case.scores.figure(name)) for name in COLUMNS))
        for case in scores
    )
    return dataclasses.replace(page, truth=truth, score_columns=COLUMNS, scores=rows)


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
