"""What is told of one scan: the answer, doubts, pictures, branches, scores, origin; in order."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from lumenfield.datatypes import Prediction, Volume
from lumenfield.errors import InputError
from lumenfield.evaluation.details import Details
from lumenfield.report import markup, tables
from lumenfield.report.page import Fact, write_page
from lumenfield.report.pictures import pictures
from lumenfield.report.scene import Scene
from lumenfield.report.tables import ScoreRow
from lumenfield.vessels import Branch

__all__ = ["CaseReport", "write_case_report"]


@dataclass(frozen=True, eq=False)
class CaseReport:
    """What a report tells of one scan; all volumes are on the scan's grid.

    Args:
        prediction: the final one, whose warnings are shown.
        headline: the answer in figures: lumen, smallest diameter, narrowing, spread of the wall.
        provenance: model, hash, version, seed, device, timings, memory.
        answer: the same in a few sentences.
        truth: negative in the true lumen, zero on its wall, if it is known.
        truth_is_distance: the truth is in mm, not only a level.
        initial: the network's distance before refinement, mm.
        branches: longest first; their numbers are their places.
        branch_notes: what could not be measured, one line each.
        scores: each with one value for each of `score_columns`.
        details: what stands behind the scores of this prediction.
        files: names of the files beside the report.

    Raises:
        InputError: a volume is on another grid than the scan, or a score row has too few or too
            many values.
    """

    name: str
    scan: Volume
    prediction: Prediction
    headline: tuple[Fact, ...]
    provenance: tuple[Fact, ...]
    answer: str = ""
    truth: Volume | None = None
    truth_is_distance: bool = True
    initial: Volume | None = None
    branches: tuple[Branch, ...] = ()
    branch_notes: tuple[str, ...] = ()
    score_columns: tuple[str, ...] = ()
    scores: tuple[ScoreRow, ...] = ()
    details: Details | None = None
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        volumes = {
            "distance": self.prediction.distance,
            "spread": self.prediction.spread,
            "truth": self.truth,
            "initial distance": self.initial,
        }
        for what, volume in volumes.items():
            if volume is not None and not volume.same_grid(self.scan):
                raise InputError(
                    f"the {what} of {self.name} is on a grid of {volume.shape}",
                    f"a report needs it on the scan's own, {self.scan.shape}",
                    "resample it to the scan first",
                )
        for row in self.scores:
            if len(row.values) != len(self.score_columns):
                raise InputError(
                    f"scores of {row.name} are {len(row.values)}",
                    f"the table has {len(self.score_columns)} columns",
                    "give one value for each column",
                )

    @property
    def scene(self) -> Scene:
        """What the pictures show."""
        return Scene(
            self.scan,
            self.prediction,
            self.truth,
            self.initial,
            self.truth_is_distance,
            self.branches,
        )


def write_case_report(case: CaseReport, path: Path) -> None:
    """Write the whole report as one HTML file, or nothing.

    Raises:
        InputError: the folder is missing, closed or full, or `path` is a folder.
    """
    scene = case.scene
    parts = [
        markup.paragraph(case.answer, kind="answer"),
        markup.key_figures(map(dataclasses.astuple, case.headline)),
        _doubts(case, scene),
        *(markup.section(p.title, markup.figure(p)) for p in pictures(scene)),
        markup.section("Branches", _branches(case)),
        markup.section("Scores", _scores(case)),
        markup.section("Provenance", markup.pairs(map(dataclasses.astuple, case.provenance))),
        markup.section("Files beside this report", markup.items(case.files, tag="code")),
    ]
    write_page(path, title=case.name, subtitle=_grid(scene), body="".join(parts), legend=_LEGEND)


def _grid(scene: Scene) -> str:
    size = " × ".join(map(str, scene.scan.shape))
    edges = " × ".join(f"{h:.3g}" for h in scene.spacing)
    if not scene.scan.placed:
        return f"{size} voxels of {edges} mm; which way they lie in the body is not recorded"
    axes = ", ".join(f"{n} → {c}" for n, c in zip("ijk", scene.letters, strict=False))
    return f"{size} voxels of {edges} mm; array axes {axes}"


def _doubts(case: CaseReport, scene: Scene) -> str:
    doubts = list(case.prediction.warnings)
    if not scene.lumen.any():
        doubts.insert(0, "No vessel was found in this scan.")
    elif scene.lumen.all():
        doubts.insert(0, "The whole scan was taken for lumen: it has no wall.")
    return markup.doubts(doubts)


def _branches(case: CaseReport) -> str:
    table = markup.table(*tables.branch_table(case.branches, case.scan))
    return table + markup.items(map(markup.sentence, case.branch_notes))


def _scores(case: CaseReport) -> str:
    parts = [markup.table(case.score_columns, [(r.name, r.values) for r in case.scores])]
    if case.details is not None:
        parts += [
            markup.table(*tables.radius_table(case.details)),
            markup.pairs(tables.detail_pairs(case.details)),
        ]
    return "\n".join(part for part in parts if part)


_LEGEND = (
    "Axes are those of the array; i, j, k count voxels from 0, mm from the first voxel's centre. "
    "R, L, A, P, S, I: towards the right, left, front, back, head, feet."
)
