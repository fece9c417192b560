"""The page of a study: means with their spread, the best of each grid, the seed's figures."""

import re

import pytest

from lumenfield.errors import InputError
from lumenfield.report import StudyCell, StudyReport, write_study_report
from lumenfield.report.rankings import draw_rankings


def cell(network: str, loss: str, iou: float, rms: float, ndim: int = 2) -> StudyCell:
    """Make a cell of two seeds, 0.01 to either side of the mean."""
    figures = {"iou": (iou - 0.01, iou + 0.01), "rms_voxels": (rms, rms), "steps": (90, 110)}
    return StudyCell(network, ndim, 64, loss, figures)


CELLS = (
    cell("fcn_resnet50", "Dice", 0.5, 2.0),
    cell("unet", "Dice", 0.7, 1.5),
    cell("unet", "cross-entropy", 0.6, 1.0),
    cell("unet", "Dice", 0.8, 0.9, ndim=3),
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("study") / "report.html"
    strips = {"64×64": (("unet", b"png"),)}
    write_study_report(StudyReport("study", CELLS, ("one is missing",), strips), path)
    return path.read_text(encoding="utf-8")


def test_figures_are_means_with_the_spread_of_the_seeds():
    assert CELLS[0].told("iou") == "0.500 ± 0.014"
    assert CELLS[0].told("steps") == "100"
    assert CELLS[0].told("dice") == "–"
    assert StudyCell("unet", 2, 64, "Dice", {"bias_voxels": (-0.5,)}).told("bias_voxels") == "−0.50"


def test_the_answer_names_the_best_by_overlap_and_by_wall(page: str) -> None:
    assert (
        "On 64×64 the highest IoU, 0.700 ± 0.014, is that of unet under Dice; the wall nearest to "
        "the true one, 1.00 ± 0.00 voxels rms, that of unet under cross-entropy."
    ) in page
    assert "is that of unet under Dice, and so is the wall nearest" in page


def test_the_page_has_every_cell_what_is_missing_and_pictures(page: str) -> None:
    assert page.index("Grid of 64×64<") < page.index("Grid of 64×64×64<")
    assert "One is missing." in page
    assert "fcn_resnet50, Dice" in page
    assert "data:image/png;base64,cG5n" in page


def test_the_seeds_own_figures_stand_beside_ours_of_their_kind(page: str) -> None:
    text = re.sub(r"<[^>]+>", " ", page[page.index("own figures") :])
    told = " ".join(text.split())
    assert "FCN-ResNet-50, 2-D 0.55 0.500 ± 0.014 on 64×64" in told
    assert "U-Net 2-D, Dice 0.66 to 0.68 0.700 ± 0.014 on 64×64" in told
    assert "U-Net 3-D, Dice 0.82 0.800 ± 0.014 on 64×64×64" in told
    assert "FCN-ResNet-101" not in told


def test_rankings_have_a_line_a_loss_and_a_mark_a_network(report_style):
    iou, rms = draw_rankings(CELLS[:3], ("fcn_resnet50", "unet")).axes
    assert [label.get_text() for label in iou.get_yticklabels()] == ["Dice", "cross-entropy"]
    marks = [one[0].get_marker() for one in rms.containers]
    assert marks == ["o", "s", "s"]


def test_a_study_without_a_cell_has_no_page() -> None:
    with pytest.raises(InputError, match="the results of empty are empty; one cell at least: run"):
        StudyReport("empty", ())
