"""The page of a training run: its curves mark what happened, and it says what it was given."""

import dataclasses
from pathlib import Path

import pytest

from lumenfield.errors import InputError
from lumenfield.report import EpochSample, Fact, RunReport, ScoreRow, write_run_report
from lumenfield.report.curves import draw_curves
from lumenfield.training import EpochRecord

SCORES = (0.3, 0.5, 0.4, 0.6)


def records() -> tuple[EpochRecord, ...]:
    """Four epochs: two improve, then one cuts the rate, then the best comes."""
    verdicts = ("improved", "improved", "cut", "improved")
    return tuple(
        EpochRecord(
            n + 1, 10 * n + 10, 1 / (n + 1), s, max(SCORES[: n + 1]), 0.1**n, float(n), v, 0, ""
        )
        for n, (s, v) in enumerate(zip(SCORES, verdicts, strict=True))
    )


@pytest.fixture
def run() -> RunReport:
    return RunReport("tiny", "unet, 2-D", "It ended.", (), ("not long",), records(), ())


def test_curves_show_scores_bests_and_cuts(report_style):
    score, loss, rate = draw_curves(records()).axes
    assert list(score.lines[0].get_ydata()) == list(SCORES)
    assert list(score.lines[2].get_xdata()) == [10, 20, 40]
    assert "0.600, epoch 4" in [text.get_text() for text in score.texts]
    assert [line.get_xdata()[0] for line in rate.lines[1:]] == [30]
    assert (loss.get_yscale(), rate.get_yscale()) == ("linear", "log")


def test_a_single_epoch_without_a_finite_loss_has_curves(report_style):
    one = dataclasses.replace(records()[0], loss=float("nan"), score=float("nan"), verdict="wait")
    assert len(draw_curves([one]).axes) == 3


def test_the_page_says_what_it_was_given(run: RunReport, tmp_path: Path) -> None:
    full = dataclasses.replace(
        run,
        headline=(Fact("Best score", "0.600"),),
        provenance=(Fact("Recipe", "any"),),
        samples=(EpochSample(2, b"png"),),
        score_columns=("IoU",),
        scores=(ScoreRow("otsu", ("0.4",)),),
    )
    write_run_report(full, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for words in ("It ended.", "Best score", "Not long.", "Recipe", "otsu", "after epoch 2"):
        assert words in page
    assert page.index("What to doubt") < page.index("Curves") < page.index("Scores on test scans")
    assert "data:image/png;base64,cG5n" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_run_without_an_epoch_has_no_page(run: RunReport) -> None:
    with pytest.raises(InputError, match="the history of tiny holds no epoch; a page needs one"):
        dataclasses.replace(run, records=())
