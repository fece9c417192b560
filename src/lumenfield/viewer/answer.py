"""What the page's side panel says of a case: the answer first, then what to doubt.

Separate from the routes because it is about walls, and from the report because it reads files.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lumenfield.datatypes import Volume, scaling
from lumenfield.spacing import voxel_mm
from lumenfield.viewer.case import REPORT, WALL, Case

__all__ = ["Figure", "Page", "describe"]

_LEFT_OUT = "prior_left_out_voxels"


@dataclass(frozen=True)
class Figure:
    """One figure of the answer, ready to be read."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Page:
    """All that the viewer's page needs to know of a case; becomes JSON.

    Args:
        base: `scan`, or `probability` where the scan is not at hand.
        spread_mm: limits of the colours of σ, the same on slices and on the wall.
        distance_mm: the colours of the distance run from minus this to this.
        start_mm: where to look first, world: the widest place of the lumen.
        is_picture: a 2-D grid that says nothing of the body, such as a PNG; its rows go down.
        has_mesh: whether there is a wall in space; not in 2-D.
    """

    name: str
    ndim: int
    grid: str
    base: str
    answer: tuple[Figure, ...]
    doubts: tuple[str, ...]
    facts: tuple[Figure, ...]
    spread_mm: tuple[float, float]
    distance_mm: float
    start_mm: tuple[float, float, float]
    is_picture: bool
    has_mesh: bool
    has_report: bool
    files: tuple[str, ...]


def describe(case: Case) -> Page:
    """Gather what the page shows of a case.

    Raises:
        InputError: its distance or spread cannot be read.
    """
    distance = case.distance
    return Page(
        name=case.name,
        ndim=distance.ndim,
        grid=_grid(distance),
        base="scan" if case.scan else "probability",
        answer=tuple(_answer(case)),
        doubts=tuple(_doubts(case)),
        facts=tuple(_facts(case.record)),
        spread_mm=spread_limits(case),
        distance_mm=_round_up(4 * voxel_mm(distance.spacing)),
        start_mm=_start(case),
        is_picture=distance.ndim == 2
        and np.array_equal(distance.affine, scaling(distance.spacing)),
        has_mesh=(case.folder / WALL).is_file(),
        has_report=(case.folder / REPORT).is_file(),
        files=case.files(),
    )


def spread_limits(case: Case) -> tuple[float, float]:
    """Give the limits of σ's colours, mm: nearly all of the wall lies between them."""
    found = case.spread.values[case.on_wall]
    found = found[np.isfinite(found)]
    if not found.size:
        return 0.0, 1.0
    low, high = (float(q) for q in np.percentile(found, (2, 98)))
    return (low, high) if high - low > 0.05 * high else (0.5 * low, 1.5 * high or 1.0)


def _answer(case: Case) -> list[Figure]:
    if not case.has_wall:
        return [Figure("Lumen", "none found", "the distance has one sign")]
    figures = [*_lumen(case.record), *_known_to(case)]
    narrow = _narrowest(case.record.get("branches"))
    if narrow is not None:
        figures.append(narrow)
    misfit = _number(case.record, "chi2")
    if misfit is not None:
        figures.append(Figure("χ²", f"{misfit:.2f}", "misfit at the wall; 1 is ideal"))
    caps = case.record.get("caps")
    if isinstance(caps, list) and case.distance.ndim == 3:
        leaving = "the prior's part leaves" if case.record.get(_LEFT_OUT) else "vessels leave"
        figures.append(Figure("Openings", str(len(caps)), f"where {leaving} the view"))
    return figures


def _lumen(record: dict[str, Any]) -> list[Figure]:
    """Tell how much lumen there is: its volume, in 2-D its area."""
    volume, area = _number(record, "lumen_ml"), _number(record, "lumen_cm2")
    if volume is not None:
        return [Figure("Lumen", f"{volume:.2f} ml", "volume inside the wall")]
    return [] if area is None else [Figure("Lumen", f"{area:.2f} cm²", "area inside the wall")]


def _known_to(case: Case) -> list[Figure]:
    half = _number(case.record, "wall_95_mm")
    if half is None:
        return []
    voxels = half / voxel_mm(case.distance.spacing)
    note = f"{voxels:.2f} voxels; 95 % interval, median along the wall"
    return [Figure("Wall known to", f"± {half:.2f} mm", note)]


def _doubts(case: Case) -> list[str]:
    told = case.record.get("warnings")
    doubts = [str(line) for line in told] if isinstance(told, list) else []
    if case.scan is None:
        doubts.append(
            "The scan is not shown: the grey image is the probability of lumen. "
            "Give the scan with --scan."
        )
    return doubts


def _facts(record: dict[str, Any]) -> list[Figure]:
    facts = [Figure("Scan", str(record["scan"]))] if record.get("scan") else []
    models = record.get("models")
    facts += [
        Figure("Model", str(use.get("name")), f"{str(use.get('sha256'))[:12]}…")
        for use in (models if isinstance(models, list) else [])
        if isinstance(use, dict)
    ]
    versions = record.get("versions")
    if isinstance(versions, dict):
        facts.append(Figure("Version", str(versions.get("lumenfield"))))
    noise, contrast = _number(record, "snr"), _number(record, "cnr")
    if noise is not None and contrast is not None:
        facts.append(Figure("SNR, CNR", f"{noise:.1f}, {contrast:.1f}"))
    return facts


def _narrowest(branches: Any) -> Figure | None:
    """Find the least diameter that a record tells of its branches, with its interval."""
    told = branches if isinstance(branches, list) else []
    found = [branch.get("min_diameter_mm") for branch in told if isinstance(branch, dict)]
    known = [one for one in found if isinstance(one, dict) and _number(one, "value") is not None]
    if not known:
        return None
    least = min(known, key=lambda one: one["value"])
    low, high = _number(least, "low"), _number(least, "high")
    note = "" if low is None or high is None else f"{low:.2f} to {high:.2f} mm in 95 of 100; "
    return Figure("Smallest diameter", f"{least['value']:.2f} mm", f"{note}along all branches")


def _number(record: dict[str, Any], name: str) -> float | None:
    value = record.get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _start(case: Case) -> tuple[float, float, float]:
    """Give the voxel farthest inside the lumen, or the middle of the grid, world mm."""
    distance = case.distance
    middle = tuple(size // 2 for size in distance.shape)
    widest = np.unravel_index(distance.values.argmin(), distance.shape)
    index = np.array(widest if case.has_wall else middle)
    x, y, z = distance.affine[:3, : distance.ndim] @ index + distance.affine[:3, 3]
    return float(x), float(y), float(z)


def _grid(volume: Volume) -> str:
    size = " × ".join(map(str, volume.shape))
    edges = [f"{edge:.3g}" for edge in volume.spacing]
    told = edges[:1] if len(set(edges)) == 1 else edges
    return f"{size} voxels of {' × '.join(told)} mm"


def _round_up(length: float) -> float:
    """Round up to one digit, for a colour bar that is easy to read."""
    step: float = 10.0 ** math.floor(math.log10(length))
    return math.ceil(length / step) * step
