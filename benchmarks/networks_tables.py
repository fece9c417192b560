"""Scores of networks as tables, and the bars they must reach; numbers to text only."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from networks_score import FIGURES, FOUND, Row

from lumenfield.evaluation.bootstrap import mean_interval

__all__ = ["bars", "by_stratum", "verdicts"]

COLUMNS = (*FIGURES, "cpu_s")
LARGE = ("R 3-6", "R 6-12", "R 12-20")


@dataclass(frozen=True)
class Bar:
    """A mean over scans that must be reached.

    Args:
        values: one a scan.
        least: the mean must be this or more; else `most`, this or less.
    """

    what: str
    values: tuple[float, ...]
    least: float = -np.inf
    most: float = np.inf

    def __str__(self) -> str:
        asked = f"≥ {self.least:g}" if np.isfinite(self.least) else ""
        asked += " and " if asked and np.isfinite(self.most) else ""
        asked += f"≤ {self.most:g}" if np.isfinite(self.most) else ""
        found = float(np.mean(self.values))
        ends = mean_interval(self.values)
        between = f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""
        verdict = "reached" if self.least <= found <= self.most else "**missed**"
        return f"| {self.what} | {asked} | {found:.3f} | {between} | {verdict} |"


def by_stratum(rows: Sequence[Row], key: Callable[[Row], str]) -> str:
    """Average the rows of each class and method; the median of the wall's rms beside its mean."""
    heads = ["", "method", "n", *COLUMNS, "rms, median", "found"]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for name in dict.fromkeys(key(row) for row in rows):
        for method in dict.fromkeys(row.method for row in rows):
            some = [r for r in rows if key(r) == name and r.method == method]
            if some:
                lines.append(_line(name, method, some))
    return "\n".join(lines)


def _line(name: str, method: str, rows: Sequence[Row]) -> str:
    means = [_mean(getattr(row, column) for row in rows) for column in COLUMNS]
    rms = [row.rms_voxels for row in rows if row.rms_voxels is not None]
    found = _mean(row.main_recall >= FOUND for row in rows)
    cells = [f"{m:.3f}" for m in (*means, float(np.median(rms)) if rms else np.nan, found)]
    return "| " + " | ".join([name, method, str(len(rows)), *cells]) + " |"


def verdicts(rows: Sequence[Row]) -> str:
    """Hold the rows that are there against the bars; intervals are of the mean, over scans."""
    lines = ["| measure | bar | found | 95 % interval | verdict |", "|---|---|---|---|---|"]
    return "\n".join(lines + [str(bar) for bar in bars(rows) if bar.values])


def bars(rows: Sequence[Row]) -> list[Bar]:
    """Give every bar with what was found; without values where no row tells.

    Turned scans stand in the bar of their own alone: they would count their twins twice.
    """
    final = [r for r in rows if r.method == "refined"] or list(rows)
    synthetic = [r for r in final if r.size.startswith("R ") and not r.inverted]
    clear = [r for r in synthetic if r.size in LARGE and r.contrast == "CNR 8-30"]
    hard = [r for r in synthetic if r not in clear]
    real = [r for r in final if r.size.endswith("mm")]
    return [
        Bar("R ≥ 3, CNR ≥ 8: Dice", _known(r.dice for r in clear), least=0.97),
        Bar("… wall rms, voxels", _known(r.rms_voxels for r in clear), most=0.12),
        Bar("R 1.5–3 or CNR 4–8: Dice", _known(r.dice for r in hard), least=0.88),
        Bar("… main vessel found", _known(r.main_recall >= FOUND for r in hard), least=0.98),
        Bar("inverted less upright Dice", _gains_of_turning(final), least=-0.02),
        Bar("geometry-test: Dice", _known(r.dice for r in real), least=0.95),
        Bar("… wall rms, voxels", _known(r.rms_voxels for r in real), most=0.2),
        Bar("… Betti-0 right", _known(r.betti0_error == 0 for r in real), least=0.9),
        Bar("… coverage of 95 %", _known(r.coverage95 for r in real), least=0.9, most=0.98),
    ]


def _gains_of_turning(rows: Sequence[Row]) -> tuple[float, ...]:
    """Compare each turned scan with its upright twin."""
    upright = {row.name: row.dice for row in rows if not row.inverted}
    twins = ((row, row.name.removesuffix("-inverted")) for row in rows if row.inverted)
    return tuple(row.dice - upright[name] for row, name in twins if name in upright)


def _mean(values: Iterable[float | None]) -> float:
    every = _known(values)
    return float(np.mean(every)) if every else float("nan")


def _known(values: Iterable[float | None]) -> tuple[float, ...]:
    return tuple(float(v) for v in values if v is not None)
