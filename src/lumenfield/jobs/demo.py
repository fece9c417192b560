"""A phantom from scan to scores: proof on a new machine that all stages work, and how well."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from lumenfield import io
from lumenfield.datatypes import Volume
from lumenfield.evaluation import CaseScores, evaluate_case
from lumenfield.jobs.case import write_case
from lumenfield.jobs.case_report import with_scores
from lumenfield.jobs.folders import check_folder, check_replaceable
from lumenfield.jobs.progress import Ticker
from lumenfield.pipeline import Outcome, SegmentOptions, run
from lumenfield.synthesis import carotid_phantom

__all__ = ["DemoResult", "demo"]


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
        page=lambda page: dataclasses.replace(
            with_scores(page, scores[-1:], scores[:-1], sample.distance), name="Carotid phantom"
        ),
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
            details=found is outcome.prediction,
        )
        for name, found in stages
    )
