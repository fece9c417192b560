"""The report of one case, as one HTML file that loads nothing; separate from how it is drawn."""

import dataclasses
from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from lumenfield.datatypes import Prediction, Volume
from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file
from lumenfield.report import markup
from lumenfield.report.pictures import pictures
from lumenfield.report.scene import Scene

__all__ = ["CaseReport", "Fact", "ScoreRow", "write_case_report"]


@dataclass(frozen=True)
class Fact:
    """One row of a key-value table."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class ScoreRow:
    """One row of the score table, such as "network alone", "refined" or "Otsu"."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class CaseReport:
    """What a report tells of one scan; all volumes are on the scan's grid.

    Args:
        prediction: the final one, whose warnings are shown.
        headline: the answer first: volume, components, smallest diameter, spread of the wall.
        provenance: model, hash, version, seed, device, timings, memory.
        truth: true signed distance, mm, if it is known.
        initial: the network's distance before refinement, mm.
        scores: each with one value for each of `score_columns`.
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
    truth: Volume | None = None
    initial: Volume | None = None
    score_columns: tuple[str, ...] = ()
    scores: tuple[ScoreRow, ...] = ()
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


def write_case_report(case: CaseReport, path: Path) -> None:
    """Write the whole report as one HTML file, or nothing.

    Raises:
        InputError: the folder is missing, closed or full, or `path` is a folder.
    """
    page = _page(case)
    with whole_file(path) as part:
        part.write_text(page, encoding="utf-8")


def _page(case: CaseReport) -> str:
    scene = Scene(case.scan, case.prediction, case.truth, case.initial)
    style = resources.files("lumenfield.report").joinpath("page.css").read_text(encoding="utf-8")
    return _PAGE.substitute(
        title=escape(case.name),
        style=style,
        grid=escape(_grid(scene)),
        headline=markup.key_figures(map(dataclasses.astuple, case.headline)),
        doubts=_doubts(case, scene),
        pictures="".join(markup.section(p.title, markup.figure(p)) for p in pictures(scene)),
        scores=markup.section(
            "Scores", markup.table(case.score_columns, [(r.name, r.values) for r in case.scores])
        ),
        provenance=markup.section(
            "Provenance", markup.pairs(map(dataclasses.astuple, case.provenance))
        ),
        files=markup.section("Files beside this report", markup.items(case.files, tag="code")),
    )


def _grid(scene: Scene) -> str:
    size = " × ".join(map(str, scene.scan.shape))
    edges = " × ".join(f"{h:.3g}" for h in scene.spacing)
    axes = ", ".join(f"{n} → {c}" for n, c in zip("ijk", scene.letters, strict=False))
    return f"{size} voxels of {edges} mm; array axes {axes}"


def _doubts(case: CaseReport, scene: Scene) -> str:
    doubts = list(case.prediction.warnings)
    if not scene.lumen.any():
        doubts.insert(0, "No vessel was found in this scan.")
    elif scene.lumen.all():
        doubts.insert(0, "The whole scan was taken for lumen: it has no wall.")
    if doubts:
        return markup.section("What to doubt", markup.items(doubts), kind="doubts")
    return '<p class="calm">Nothing to doubt was found.</p>\n'


_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" \
content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>$title · lumenfield</title>
<style>
$style</style>
</head>
<body>
<header>
<h1>$title</h1>
<p>$grid</p>
</header>
<main>
$headline$doubts$pictures$scores$provenance$files</main>
<footer>
<p>Axes are those of the array; i, j, k count voxels from 0, mm from the first voxel's centre. \
R, L, A, P, S, I: towards the right, left, front, back, head, feet.</p>
<p>Research use. Not a medical device.</p>
</footer>
</body>
</html>
""")
