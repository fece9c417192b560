"""Pieces of HTML, every value escaped; separate so that the page reads as a list of its parts."""

import base64
from collections.abc import Iterable
from html import escape

from lumenfield.report.scene import Picture

__all__ = [
    "doubts",
    "figure",
    "items",
    "key_figures",
    "pairs",
    "paragraph",
    "raster",
    "section",
    "sentence",
    "table",
]

Fact = tuple[str, str, str]
"""Name, value and note."""


def section(title: str, body: str, kind: str = "") -> str:
    """Head a part of the page; nothing if it has no body."""
    if not body:
        return ""
    attribute = f' class="{escape(kind)}"' if kind else ""
    return f"<section{attribute}>\n<h2>{escape(title)}</h2>\n{body}\n</section>\n"


def key_figures(facts: Iterable[Fact]) -> str:
    """Set facts large, the answer first."""
    cells = [
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}{_note(note)}</dd></div>"
        for name, value, note in facts
    ]
    return f'<dl class="key">\n{_lines(cells)}\n</dl>\n' if cells else ""


def pairs(facts: Iterable[Fact]) -> str:
    """Set facts as a quiet table of two columns."""
    rows = [
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}{_note(note)}</td></tr>'
        for name, value, note in facts
    ]
    return f'<table class="pairs">\n<tbody>\n{_lines(rows)}\n</tbody>\n</table>' if rows else ""


def table(columns: Iterable[str], rows: Iterable[tuple[str, tuple[str, ...]]]) -> str:
    """Set a table with a named row for each line."""
    head = "".join(f'<th scope="col">{escape(c)}</th>' for c in columns)
    body = [
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(v)}</td>" for v in values)
        + "</tr>"
        for name, values in rows
    ]
    if not body:
        return ""
    return (
        f'<div class="wide"><table class="scores">\n<thead><tr><td></td>{head}</tr></thead>\n'
        f"<tbody>\n{_lines(body)}\n</tbody>\n</table></div>"
    )


def items(lines: Iterable[str], tag: str = "span") -> str:
    """List lines, each within `tag`."""
    entries = [f"<li><{tag}>{escape(line)}</{tag}></li>" for line in lines]
    return f"<ul>\n{_lines(entries)}\n</ul>" if entries else ""


def figure(picture: Picture) -> str:
    """Place a picture, carried within the page, with its caption."""
    data = base64.b64encode(picture.svg.encode()).decode("ascii")
    return (
        f'<figure>\n<div class="wide"><img alt="{escape(picture.alt)}" '
        f'src="data:image/svg+xml;base64,{data}"></div>\n'
        f"<figcaption>{escape(picture.caption)}</figcaption>\n</figure>"
    )


def raster(png: bytes, alt: str) -> str:
    """Place a picture of pixels, carried within the page."""
    data = base64.b64encode(png).decode("ascii")
    return f'<div class="wide"><img alt="{escape(alt)}" src="data:image/png;base64,{data}"></div>'


def doubts(lines: Iterable[str]) -> str:
    """Set reasons to doubt in a box, or say that there is none."""
    told = [sentence(line) for line in lines]
    if told:
        return section("What to doubt", items(told), kind="doubts")
    return '<p class="calm">Nothing to doubt was found.</p>\n'


def paragraph(text: str, kind: str) -> str:
    """Set a text as a paragraph; nothing if it is empty."""
    return f'<p class="{escape(kind)}">{escape(text)}</p>\n' if text else ""


def sentence(line: str) -> str:
    """Begin a note with a capital and end it with a point; names of files and symbols stay.

    >>> sentence("no wall was found"), sentence("χ² is 2"), sentence("run.json is old")
    ('No wall was found.', 'χ² is 2.', 'run.json is old.')
    """
    first = line.split(" ")[0].rstrip(":,;")
    begun = line[:1].upper() + line[1:] if first.isascii() and first.isalpha() else line
    return begun if begun.endswith((".", "!", "?")) else f"{begun}."


def _note(note: str) -> str:
    return f" <small>{escape(note)}</small>" if note else ""


def _lines(parts: list[str]) -> str:
    return "\n".join(parts)
