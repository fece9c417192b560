"""What is told of one training run: how it ended, its curves, what it found, its origin."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lumenfield.errors import InputError
from lumenfield.report import markup
from lumenfield.report.curves import draw_curves
from lumenfield.report.figures import style, to_svg
from lumenfield.report.page import Fact, write_page
from lumenfield.report.scene import Picture
from lumenfield.report.tables import ScoreRow
from lumenfield.training import EpochRecord

__all__ = ["EpochSample", "RunReport", "write_run_report"]


@dataclass(frozen=True)
class EpochSample:
    """What the network found in some validation scans after an epoch.

    Args:
        png: the picture, as `report.strips` draws it.
    """

    epoch: int
    png: bytes


@dataclass(frozen=True)
class RunReport:
    """What a page tells of a run.

    Args:
        subtitle: the network and its data in a line.
        answer: what came out, in a few sentences.
        doubts: reasons not to trust the model, or that there is none yet.
        records: one an epoch, at least one.
        samples: in the order of their epochs.
        score_columns, scores: of scans that neither trained nor chose; may be empty.

    Raises:
        InputError: no epoch is recorded.
    """

    name: str
    subtitle: str
    answer: str
    headline: tuple[Fact, ...]
    doubts: tuple[str, ...]
    records: tuple[EpochRecord, ...]
    provenance: tuple[Fact, ...]
    samples: tuple[EpochSample, ...] = ()
    score_columns: tuple[str, ...] = ()
    scores: tuple[ScoreRow, ...] = ()
    files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.records:
            raise InputError(
                f"the history of {self.name} holds no epoch",
                "a page needs one epoch at least",
                "wait for the first to end, or train",
            )


def write_run_report(run: RunReport, path: Path) -> None:
    """Write the whole page as one HTML file, or nothing.

    Raises:
        InputError: the folder is missing, closed or full, or `path` is a folder.
    """
    with style():
        curves = Picture(
            "Curves", to_svg(draw_curves(run.records)), _alt(run.records[-1]), _CAPTION
        )
    parts = [
        markup.paragraph(run.answer, kind="answer"),
        markup.key_figures(map(dataclasses.astuple, run.headline)),
        markup.doubts(run.doubts),
        markup.section(curves.title, markup.figure(curves)),
        markup.section("What it found, epoch by epoch", _samples(run.samples)),
        markup.section(
            "Scores on test scans",
            markup.table(run.score_columns, [(row.name, row.values) for row in run.scores]),
        ),
        markup.section("Provenance", markup.pairs(map(dataclasses.astuple, run.provenance))),
        markup.section("Files beside this report", markup.items(run.files, tag="code")),
    ]
    write_page(path, title=run.name, subtitle=run.subtitle, body="".join(parts), legend=_LEGEND)


def _samples(samples: Sequence[EpochSample]) -> str:
    rows = [
        markup.raster(sample.png, alt=f"Validation scans after epoch {sample.epoch}.")
        for sample in samples
    ]
    told = "The same validation scans each time. Solid: the wall found; dashed: the true one."
    return "\n".join([*rows, markup.paragraph(told, kind="calm")]) if rows else ""


def _alt(last: EpochRecord) -> str:
    return f"Score, loss and learning rate over {last.step} steps; best score {last.best:.3f}."


_CAPTION = (
    "A dot marks an epoch that was the best so far, whose weights were kept. Loss falling while"
    " the score does not: the network learns its training scans by heart."
)
_LEGEND = (
    "The validation scans chose among the epochs, so their score is not that of new scans; scores"
    " on test scans are."
)
