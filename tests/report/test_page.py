import base64
import errno
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.report import Fact, ScoreRow, write_case_report

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """An open page: its tags with attributes, its text, and what was left open or closed twice."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.source = html
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data

    def titles(self) -> list[str]:
        return re.findall(r"^[A-Z][\w ]+$", self.text, re.MULTILINE)


@pytest.fixture
def page_of(tmp_path: Path, make_case: Callable[..., Any]) -> Callable[..., Page]:
    def write(*args: Any, **changes: Any) -> Page:
        write_case_report(make_case(*args, **changes), tmp_path / "report.html")
        return Page((tmp_path / "report.html").read_text(encoding="utf-8"))

    return write


@pytest.fixture(scope="module")
def full_page(tmp_path_factory, make_case, make_scene) -> Page:
    """Open a page with all that can be told; made once, as it takes a second."""
    path = tmp_path_factory.mktemp("full") / "report.html"
    write_case_report(make_case(make_scene(has_initial=True)), path)
    return Page(path.read_text(encoding="utf-8"))


def test_a_page_is_whole_and_says_what_it_was_given(full_page):
    page = full_page
    assert page.open == []
    for title in ("Overview", "Slices", "Projections", "Wall", "Certainty", "Scores", "Provenance"):
        assert title in page.titles()
    for told in ("0.52 ml", "of 1", "refined", "0.97", "IoU", "Seed", "mask.nii.gz"):
        assert told in page.text
    assert "20 × 18 × 16 voxels of 1 × 1 × 1 mm" in page.text
    # Said at the top, before the answer, where a reader begins.
    assert page.text.index("Research use; not a medical device.") < page.text.index("Overview")


def test_a_page_loads_nothing_from_elsewhere(full_page):
    page = full_page
    images = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(images) == 5
    for image in images:
        assert image["alt"]
        assert image["src"].startswith("data:image/svg+xml;base64,")
    assert not {"script", "link", "iframe", "object", "a"} & {tag for tag, _ in page.tags}
    assert not any(key in a for tag, a in page.tags if tag != "img" for key in ("src", "href"))
    assert not re.search(r"url\(|@import|https?:", page.source)


def test_the_pictures_are_sound_and_load_nothing_either(full_page):
    for _, attributes in (t for t in full_page.tags if t[0] == "img"):
        svg = base64.b64decode(attributes["src"].split(",")[1]).decode()
        for element in ElementTree.fromstring(svg).iter():
            for name, value in element.attrib.items():
                if name.endswith("href"):
                    assert value.startswith(("#", "data:image/png"))
        assert not re.search(r"url\((?!#)|@import", svg)


def test_words_from_outside_are_escaped(page_of, make_scene):
    bad = "<img src=x onerror=alert(1)> & $style"
    page = page_of(
        make_scene((12, 12), warnings=(bad,)),
        name=bad,
        headline=(Fact(bad, bad, bad),),
        provenance=(Fact(bad, bad, bad),),
        score_columns=(bad,),
        scores=(ScoreRow(bad, (bad,)),),
        files=(bad,),
    )
    assert page.open == []
    assert page.text.count(bad) == 13
    assert all("onerror" not in attributes for _, attributes in page.tags)


def test_warnings_stand_in_a_box_and_calm_is_said(page_of, make_scene):
    warned = page_of(make_scene((12, 12), warnings=("χ² is 1.6", "2 pieces left out")))
    assert ("section", {"class": "doubts"}) in warned.tags
    assert "χ² is 1.6" in warned.text
    assert "2 pieces left out" in warned.text
    calm = page_of(make_scene((12, 12)))
    assert ("section", {"class": "doubts"}) not in calm.tags
    assert "Nothing to doubt was found." in calm.text


@pytest.mark.parametrize("has_truth", [True, False])
def test_a_scan_without_a_vessel_says_so(has_truth, page_of, make_scene):
    page = page_of(make_scene((10, 9, 8), error_mm=-9.0, has_truth=has_truth))
    assert "No vessel was found in this scan." in page.text
    assert {"Overview", "Projections", "Scores"} <= set(page.titles())
    assert "Wall" not in page.titles()
    assert ("Certainty" in page.titles()) == has_truth


def test_a_scan_that_is_all_lumen_says_so(page_of, make_scene):
    page = page_of(make_scene((10, 9, 8), error_mm=50.0))
    assert "The whole scan was taken for lumen: it has no wall." in page.text


def test_an_image_gets_no_pictures_in_space(page_of, make_scene):
    page = page_of(make_scene((24, 20)))
    assert [t for t in page.titles() if t in ("Overview", "Slices", "Projections", "Wall")] == [
        "Overview"
    ]
    assert "Certainty" in page.titles()


@pytest.mark.parametrize("shape", [(16, 14, 1), (1, 14, 16), (16, 2, 14)])
def test_a_flat_solid_is_an_image(shape, page_of, make_scene):
    page = page_of(make_scene(shape))
    assert "Wall" not in page.titles()
    assert "Overview" in page.titles()


def test_the_same_case_makes_the_same_page(page_of, make_scene, tmp_path):
    page_of(make_scene((12, 12)))
    first = (tmp_path / "report.html").read_bytes()
    page_of(make_scene((12, 12)))
    assert (tmp_path / "report.html").read_bytes() == first


def test_a_full_disk_leaves_the_former_report_and_nothing_else(make_case, monkeypatch, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("former")

    def half(self: Path, text: str, **_: Any) -> int:
        self.write_bytes(text.encode()[: len(text) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half)
    monkeypatch.setattr("lumenfield.report.case.pictures", lambda scene: iter(()))
    with pytest.raises(InputError, match=r"report\.html was not written .*No space left"):
        write_case_report(make_case(), path)
    assert path.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [path]


def test_volumes_on_another_grid_are_refused(make_case, make_scene):
    other = Volume(np.zeros((3, 4, 5)), np.eye(4))
    with pytest.raises(
        InputError, match=r"the truth of ball is on a grid of \(3, 4, 5\); a report"
    ):
        make_case(truth=other)


def test_scores_must_fill_their_columns(make_case):
    with pytest.raises(InputError, match="scores of Otsu are 1; the table has 2 columns: give one"):
        make_case(scores=(ScoreRow("Otsu", ("0.9",)),))
