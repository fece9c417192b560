"""The pages in a real browser: no error, nothing asked of the outside, and pictures that show."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lumenfield import io as files
from lumenfield.datatypes import Volume, scaling
from lumenfield.geometry import Tube, sample_distance
from lumenfield.report import markup
from lumenfield.report.page import write_page
from lumenfield.report.scene import Picture
from lumenfield.viewer import bundle
from lumenfield.viewer.archive import unpack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.skipif(
        not bundle.is_bundled(), reason="NiiVue is not bundled: python -m lumenfield.viewer.bundle"
    ),
]

FLAGS = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--no-sandbox"]
PATIENCE_MS = 60_000
PX_PER_MM = 96 / 25.4


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium that draws without a GPU."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that fails its test on any error, and on any request that leaves the machine."""
    context = browser.new_context(viewport={"width": 900, "height": 600}, accept_downloads=True)
    opened, faults = context.new_page(), []
    opened.set_default_timeout(PATIENCE_MS)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    opened.on("request", lambda asked: _is_ours(asked.url) or faults.append(asked.url))
    opened.faults = faults
    yield opened
    context.close()
    assert faults == []


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Run the program with a verb and give its address."""
    running = []

    def run(*words: object) -> str:
        command = [sys.executable, "-m", "lumenfield.cli", *map(str, words)]
        command += ["--no-browser", "--port", "0"]
        environment = {**os.environ, "TMPDIR": str(tmp_path_factory.mktemp("tmp"))}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True)
        running.append(process)
        assert process.stdout is not None
        return process.stdout.readline().split()[-1]

    yield run
    for process in running:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def test_a_case_is_seen(page: Any, start: Callable[..., str], ball: Path):
    page.goto(start("view", ball, "--scan", ball / "probability.nii.gz"))
    page.wait_for_selector("body[data-ready=true]")
    assert page.text_content("#answer div:first-child dd").startswith("0.53 ml")
    assert "token" not in page.url
    shown = _picture(page)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 200
    # The ball's middle is brightest, and its wall is drawn around it.
    assert _near(shown, (255, 140, 66)) > 100
    page.keyboard.press("c")
    assert _near(_picture(page), (255, 140, 66)) < 100


def test_layers_views_and_pictures_answer_to_keys(page: Any, start: Callable[..., str], ball: Path):
    from playwright.sync_api import expect

    page.goto(start("view", ball))
    page.wait_for_selector("body[data-ready=true]")
    assert "The scan is not shown" in page.text_content("#doubts")
    for key in "mds1234?":
        page.keyboard.press(key)
    assert page.is_visible("#keys")
    page.keyboard.press("Escape")
    page.wait_for_selector("#keys", state="hidden")
    page.keyboard.press("0")
    place = page.text_content("#place")
    # A slow software renderer may still be busy with the key before.
    for _ in range(5):
        page.keyboard.press("PageUp")
        page.wait_for_timeout(1500)
        if page.locator("#place").inner_text() != place:
            break
    expect(page.locator("#place")).not_to_have_text(place)
    with page.expect_download() as saved:
        page.keyboard.press("i")
    with Image.open(saved.value.path()) as picture:
        assert picture.size == (
            page.evaluate("document.getElementById('scene').width"),
            picture.height,
        )


def test_a_scan_is_dropped_segmented_seen_and_downloaded(
    page: Any, start: Callable[..., str], tmp_path: Path
):
    address = start("serve")
    page.goto(address)
    page.wait_for_selector("body[data-ready=true]")
    hostile = tmp_path / "<img src=x onerror=alert(1)>.exe"
    hostile.write_bytes(b"MZ")
    page.set_input_files("#file", hostile)
    page.wait_for_selector("#error:not([hidden])")
    assert "is of no known format" in page.text_content("#error")
    assert page.faults.pop().startswith(
        "Failed to load resource: the server responded with a status of 422"
    )
    page.set_input_files("#file", _tube(tmp_path / "tube.nii.gz"))
    page.wait_for_selector("li[data-state=done]")
    with page.expect_download() as saved:
        page.click("li .pack")
    assert saved.value.suggested_filename == "tube.zip"
    page.click("li .view")
    page.wait_for_selector("body[data-ready=true]")
    assert page.text_content("#name") == "tube"
    assert _near(_picture(page), (255, 140, 66)) > 100
    page.click("#back")
    page.click("li .remove")
    page.wait_for_selector("#empty:not([hidden])")


def test_the_slices_of_a_series_are_sent_as_one_archive(
    page: Any, start: Callable[..., str], tmp_path: Path
):
    page.goto(start("serve"))
    packed = page.evaluate(_PACK, [200, 512, 1000])
    assert [name for name, _ in packed] == ["im0.tar", "other.nii", "lone.dcm"]
    (tmp_path / "a.tar").write_bytes(bytes(packed[0][1]))
    unpack(tmp_path / "a.tar", tmp_path / "series", most_bytes=5000)
    found = [path.stat().st_size for path in sorted((tmp_path / "series").iterdir())]
    assert found == [200, 512, 1000]


def test_a_report_prints_its_answer_and_first_pictures_on_one_page(browser: Any, tmp_path: Path):
    square = '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="860"/>'
    parts = [
        markup.paragraph("a word " * 50, kind="answer"),
        markup.key_figures([("Lumen", "0.37 ml", "with a note that takes two lines")] * 5),
        markup.doubts(["a doubt in a line that is as long as such lines are"] * 8),
        markup.section("Overview", markup.figure(Picture("Overview", square, "alt", "told " * 40))),
    ]
    path = tmp_path / "report.html"
    write_page(path, title="scan", subtitle="a grid", body="".join(parts), legend="")
    between_margins = {"width": round(182 * PX_PER_MM), "height": 600}
    with browser.new_context(viewport=between_margins, color_scheme="dark") as context:
        page = context.new_page()
        page.goto(path.as_uri())
        page.emulate_media(media="print")
        bottom = page.evaluate("document.querySelector('figure').getBoundingClientRect().bottom")
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert bottom < (297 - 30) * PX_PER_MM
    assert paper == "rgb(255, 255, 255)"


def test_a_wide_table_of_a_study_is_not_cut(browser: Any, tmp_path: Path):
    columns = "IoU|Dice|wall rms voxels|median scan|bias voxels|missed|steps|seconds|MB|weights"
    row = ("fcn_resnet50, cross-entropy + Dice", ("12345",) * 10)
    path = tmp_path / "report.html"
    body = markup.table(columns.split("|"), [row])
    write_page(path, title="study", subtitle="", body=body, legend="")
    with browser.new_context(viewport={"width": 1280, "height": 600}) as context:
        page = context.new_page()
        page.goto(path.as_uri())
        hidden = page.evaluate(
            "(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)"
            "(document.querySelector('.wide'))"
        )
    assert hidden == 0


_PACK = """async (sizes) => {
  const { scansOf } = await import("/static/series.js");
  const slice = (name, size) => {
    const bytes = new Uint8Array(size).fill(7);
    bytes.set(new TextEncoder().encode("DICM"), 128);
    return new File([bytes], name);
  };
  const files = sizes.map((size, k) => slice(`im${k}.dcm`, size));
  const scans = [
    ...(await scansOf([...files, new File(["x"], "other.nii")])),
    ...(await scansOf([slice("lone", 300)])),
  ];
  const bytes = async ({ name, body }) => [name, [...new Uint8Array(await body.arrayBuffer())]];
  return Promise.all(scans.map(bytes));
}"""


def _is_ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def _picture(page: Any) -> np.ndarray:
    shot = page.locator("#stage").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))


def _near(shown: np.ndarray, colour: tuple[int, int, int]) -> int:
    """Count pixels of nearly one colour."""
    return int((np.abs(shown.astype(int) - colour).max(axis=-1) < 40).sum())


def _tube(path: Path) -> Path:
    spacing = (0.8, 0.8, 1.0)
    distance = sample_distance(Tube(radius_mm=4.1).moved(0.0, 0.3, -0.2), (28, 32, 26), spacing)
    noise = torch.randn(distance.shape, generator=torch.Generator().manual_seed(1))
    scan = 60 + 150 * torch.special.ndtr(-distance / 0.5) + 9 * noise
    files.write(Volume(scan[0, 0].numpy(), scaling(spacing)), path)
    return path
