"""The frame of every report: one HTML file that loads nothing; separate from what it tells."""

from dataclasses import dataclass
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from lumenfield.io.atomic import whole_file

__all__ = ["Fact", "write_page"]


@dataclass(frozen=True)
class Fact:
    """One row of a key-value table."""

    name: str
    value: str
    note: str = ""


def write_page(path: Path, *, title: str, subtitle: str, body: str, legend: str) -> None:
    """Write a whole page, or nothing.

    Args:
        body: finished HTML; all else is plain text.
        legend: how axes and letters are to be read, at the foot.

    Raises:
        InputError: the folder is missing, closed or full, or `path` is a folder.
    """
    style = resources.files("lumenfield.report").joinpath("page.css").read_text(encoding="utf-8")
    page = _PAGE.substitute(
        title=escape(title),
        subtitle=escape(subtitle),
        style=style,
        body=body,
        legend=escape(legend),
    )
    with whole_file(path) as part:
        part.write_text(page, encoding="utf-8")


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
<p>$subtitle</p>
<p>Research use; not a medical device.</p>
</header>
<main>
$body</main>
<footer>
<p>$legend</p>
</footer>
</body>
</html>
""")
