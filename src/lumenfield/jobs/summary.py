"""Many cases in one table, to read and as `summary.csv`; separate because one scan needs none."""

import csv
import io as text
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumenfield.io import whole_file

if TYPE_CHECKING:
    from lumenfield.jobs.segment import CaseDone

__all__ = ["summary_rows", "summary_table", "write_summary"]

_COLUMNS = (
    *(
        "name",
        "status",
        "lumen_ml",
        "lumen_cm2",
        "wall_95_mm",
        "prior_openings",
        "chi2",
        "snr",
        "cnr",
    ),
    *("warnings", "seconds", "folder", "error"),
)
_SIZES = ("lumen_ml", "lumen_cm2")
_SHOWN = ("name", "status", *_SIZES, "wall_95_mm", "prior_openings", "warnings", "seconds")


def summary_rows(cases: "Sequence[CaseDone]") -> list[dict[str, Any]]:
    """Make one row of plain values for each case, in the order of their names.

    `prior_openings` counts those of the part of the lumen that the prior holds.
    """
    return [_row(case) for case in sorted(cases, key=lambda case: case.name)]


def summary_table(rows: Sequence[dict[str, Any]]) -> str:
    """Lay out the columns that fit a screen; volumes or areas only where there are any."""
    shown = [n for n in _SHOWN if n not in _SIZES or any(row[n] is not None for row in rows)]
    cells = [shown, *([_cell(row[name]) for name in shown] for row in rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(len(shown))]
    lines = (
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in cells
    )
    return "\n".join(line.rstrip() for line in lines)


def write_summary(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Write all columns as CSV, whole or not at all."""
    lines = text.StringIO()
    table = csv.DictWriter(lines, _COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    with whole_file(path) as part:
        part.write_text(lines.getvalue(), encoding="utf-8")


def _row(case: "CaseDone") -> dict[str, Any]:
    record = case.record
    return {
        "name": case.name,
        "status": case.status,
        **{size: record.get(size) for size in _SIZES},
        "wall_95_mm": record.get("wall_95_mm"),
        "prior_openings": len(record["caps"]) if "caps" in record else None,
        "chi2": record.get("chi2"),
        "snr": record.get("snr"),
        "cnr": record.get("cnr"),
        "warnings": len(record["warnings"]) if "warnings" in record else None,
        "seconds": round(case.seconds, 1),
        "folder": None if case.folder is None else str(case.folder),
        "error": None if case.error is None else str(case.error),
    }


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}"
    return "–" if value is None else str(value)
