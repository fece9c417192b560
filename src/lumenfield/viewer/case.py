"""A folder that `segment` wrote, as the viewer sees it; separate so that no route knows its files.

Only plain files that lie in the folder itself are ever handed out: no link, nothing further down.
"""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import read
from lumenfield.io.meshes import read_mesh
from lumenfield.viewer.wall import mz3

__all__ = ["LAYERS", "RECORD", "REPORT", "WALL", "Case", "open_case", "open_cases"]

LAYERS = ("mask", "probability", "distance", "spread")
"""Volumes of a case, each in `<name>.nii.gz`."""

RECORD = "run.json"
WALL = "wall.stl"
REPORT = "report.html"


@dataclass(frozen=True, eq=False)
class Case:
    """One segmented scan.

    Args:
        folder: as `segment` writes it.
        record: what its `run.json` says; from outside, so nothing in it is sure.
        scan: the scan itself as NIfTI, which is not kept in the folder.
    """

    name: str
    folder: Path
    record: dict[str, Any]
    scan: Path | None = None

    @cached_property
    def distance(self) -> Volume:
        """Signed distance, mm, on the scan's grid."""
        return read(self.folder / "distance.nii.gz")

    @cached_property
    def spread(self) -> Volume:
        """σ of the wall, mm, on the scan's grid."""
        return read(self.folder / "spread.nii.gz")

    @cached_property
    def has_wall(self) -> bool:
        """Whether the distance has two signs."""
        inside = self.distance.values < 0
        return bool(inside.any() and not inside.all())

    def warm(self) -> None:
        """Read what a page will ask for, so that it need not wait.

        Raises:
            InputError: a file is damaged.
        """
        _ = self.distance, self.spread, self.has_wall, self.wall

    @property
    def on_wall(self) -> NDArray[np.bool_]:
        """Voxels whose centre is less than one voxel from the wall."""
        return np.asarray(np.abs(self.distance.values) < min(self.distance.spacing))

    @cached_property
    def wall(self) -> bytes | None:
        """The wall as MZ3 with σ in mm at each vertex; none in 2-D, or where nothing was found."""
        if not (self.folder / WALL).is_file():
            return None
        mesh = read_mesh(self.folder / WALL)
        return mz3(mesh, self.spread.at(mesh.vertices))

    def file(self, name: str) -> Path | None:
        """Find a file that may be handed out, by its plain name."""
        known = self.folder / name
        return known if name in self.files() else None

    def files(self) -> tuple[str, ...]:
        """Names of all plain files of the folder."""
        if not self.folder.is_dir():
            return ()
        return tuple(
            sorted(p.name for p in self.folder.iterdir() if p.is_file() and not p.is_symlink())
        )


def open_cases(out: Path) -> dict[str, Case]:
    """Open a case folder, or all those in the folder that `segment -o` named; keyed by name.

    Raises:
        InputError: there is none, or one is damaged.
    """
    folders = [out] if (out / RECORD).is_file() else []
    if not folders and out.is_dir():
        folders = sorted(p.parent for p in out.glob(f"*/{RECORD}"))
    if not folders:
        came = "is not there" if not out.exists() else f"holds no {RECORD}"
        raise InputError(
            f"{out} {came}", "a folder that `lumenfield segment` wrote", "run segment first"
        )
    return {folder.resolve().name: open_case(folder) for folder in folders}


def open_case(folder: Path, *, name: str | None = None, scan: Path | None = None) -> Case:
    """Open one case folder.

    Args:
        name: what to call it; by default the folder's own name.

    Raises:
        InputError: its record or one of its volumes is missing or damaged.
    """
    missing = [f"{x}.nii.gz" for x in LAYERS if not (folder / f"{x}.nii.gz").is_file()]
    if missing:
        raise InputError(
            f"{folder} lacks {', '.join(missing)}",
            "a finished case has mask, probability, distance and spread",
            "segment the scan again",
        )
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        record = None
    if not isinstance(record, dict):
        raise InputError(
            f"{folder / RECORD} is not a record", "JSON as segment writes it", "segment again"
        )
    return Case(name or folder.resolve().name, folder, record, scan)
