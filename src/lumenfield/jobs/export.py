"""A finished case for other programs: its prior, cut, resampled or sampled, and its wall."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lumenfield import io
from lumenfield.datatypes import BoundaryPrior, MaternField, Prediction
from lumenfield.errors import InputError
from lumenfield.io.polydata import write_surface
from lumenfield.prior import (
    Plane,
    WallCheck,
    boundary_prior,
    check_wall,
    cut_at,
    cut_ends,
    read_pack,
    resample_prior,
    viscous_eikonal,
    wall_mesh,
    with_samples,
    write_pack,
)
from lumenfield.prior.grids import write_mat, write_pack_vti, write_pack_vtk

__all__ = ["PACKS", "WALLS", "ExportOptions", "Exported", "export_prior"]

_METRES = 1e-3
_STEMS = ("prior", "wall")
_ALSO = {"h5": (".hdf5",)}
"""Other suffixes of a format."""

Extra = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class ExportOptions:
    """What is done to a prior before it is written.

    Args:
        cuts: planes that close the lumen.
        cut_ends: whether to move each border cap into its vessel, square to it.
        cut_length_mm: how far; one diameter of each vessel where None.
        samples: draws of φ to add; 0 keeps those the prior holds.
        eikonal_mm: ε of the viscous-Eikonal field to add; None adds none.
        grid: a file on whose grid the prior is put.
        keep: parts of the lumen, largest first, from a case's folder; None keeps the prior's.
    """

    cuts: tuple[Plane, ...] = ()
    cut_ends: bool = False
    cut_length_mm: float | None = None
    samples: int = 0
    eikonal_mm: float | None = None
    grid: Path | None = None
    keep: int | Literal["all"] | None = None


@dataclass(frozen=True)
class Exported:
    """The file written, and what there is to say about it."""

    path: Path
    prior: BoundaryPrior
    wall: WallCheck | None = None
    notes: tuple[str, ...] = ()


def export_prior(
    source: Path, to: str, out: Path | None = None, options: ExportOptions | None = None
) -> Exported:
    """Write a case's prior, or its wall, in another format.

    Args:
        source: a folder that `segment` wrote, or a pack.
        to: a key of `PACKS` or `WALLS`.
        out: the file, `.TO` added where it has no suffix; by default `prior.TO` or `wall.TO` beside
            the pack.

    Raises:
        InputError: an unknown format, a name of another format, no pack, options the format cannot
            hold, or anything that cutting, resampling and writing refuse.
    """
    options = options or ExportOptions()
    if to not in (*PACKS, *WALLS):
        known = ", ".join((*PACKS, *WALLS))
        raise InputError(f"format {to}", f"known are {known}", "name one with --to")
    if to in WALLS and (options.samples or options.eikonal_mm is not None):
        raise InputError(f".{to} with samples or ψ", "a mesh holds the wall alone", "export h5")
    if to in WALLS and (options.cuts or options.cut_ends):
        raise InputError(
            f".{to} with --cut",
            "a cut closes the domain of the pack, and a wall mesh goes on through it",
            "export a pack (npz, h5, mat, vti or vtk), or leave the cut out",
        )
    if not source.exists():
        needed = "a folder that `lumenfield segment` wrote, or the prior.npz in it"
        raise InputError(f"{source} is not there", needed, "check the path, or run segment first")
    pack = source / "prior.npz" if source.is_dir() else source
    if (source / "run.json").is_file() and not pack.is_file():
        raise InputError(
            f"{source} holds no prior.npz: no vessel was found in that scan",
            "a prior needs a wall",
            "look at its report.html",
        )
    target = _target(out, to) if out else pack.parent / f"{_STEMS[to in WALLS]}.{to}"
    if target.resolve() == pack.resolve():
        raise InputError(f"{target} is the pack read", "it is not replaced", "name another with -o")
    prior = _prepared(_prior_of(source, pack, options.keep), options)
    if to in WALLS:
        return Exported(target, prior, WALLS[to](prior, target), _notes(prior))
    extra: dict[str, NDArray[Any]] = {}
    if options.eikonal_mm is not None:
        psi = viscous_eikonal(prior.distance, options.eikonal_mm)
        extra["psi"] = (psi.values * _METRES).astype(np.float32)
    PACKS[to](prior, target, extra)
    return Exported(target, prior, None, _notes(prior))


def _target(out: Path, to: str) -> Path:
    """Give a name without a suffix the format's; refuse that of another format."""
    if not out.suffix:
        return out.with_name(f"{out.name}.{to}")
    if out.suffix.lower() not in (f".{to}", *_ALSO.get(to, ())):
        raise InputError(
            f"--to {to} into {out}",
            f"the name of such a file ends in .{to}",
            f"write -o {out.with_suffix(f'.{to}')}, or name the other format with --to",
        )
    return out


def _prepared(prior: BoundaryPrior, options: ExportOptions) -> BoundaryPrior:
    if options.cut_ends:
        prior = cut_ends(prior, options.cut_length_mm)
    prior = cut_at(prior, options.cuts)
    if options.grid is not None:
        prior = resample_prior(prior, io.read(options.grid))
    return with_samples(prior, options.samples) if options.samples else prior


def _prior_of(source: Path, pack: Path, keep: int | Literal["all"] | None) -> BoundaryPrior:
    if keep is None:
        return read_pack(pack)
    if not (source / "run.json").is_file():
        raise InputError(
            f"keep {keep} of {source}", "only a folder that segment wrote has all parts", "give it"
        )
    held = read_pack(pack)
    record = json.loads((source / "run.json").read_text(encoding="utf-8"))
    distance, spread, probability = (
        io.read(source / f"{name}.nii.gz") for name in ("distance", "spread", "probability")
    )
    field = MaternField(**record["field"])
    found = Prediction(probability, distance, spread, field, held.meta.warnings)
    return boundary_prior(found, keep=keep, model=held.meta.model, version=held.meta.version)


def _notes(prior: BoundaryPrior) -> tuple[str, ...]:
    left = prior.meta.discarded_voxels
    if not left:
        return prior.meta.warnings
    shown = ", ".join(map(str, left[:5])) + (", …" if len(left) > 5 else "")
    noun = "part" if len(left) == 1 else "parts"
    return (f"{len(left)} smaller {noun} left out, of {shown} voxels", *prior.meta.warnings)


def _write_stl(prior: BoundaryPrior, path: Path) -> WallCheck:
    mesh = wall_mesh(prior.distance)
    io.write_mesh(mesh, path)
    return check_wall(mesh, prior.distance)


def _write_vtp(prior: BoundaryPrior, path: Path) -> WallCheck:
    mesh = wall_mesh(prior.distance)
    spread = {"sigma_n_mm": prior.spread.at(mesh.vertices)}
    write_surface(path, mesh.vertices, mesh.faces, spread)
    return check_wall(mesh, prior.distance)


PACKS: dict[str, Callable[[BoundaryPrior, Path, Extra], None]] = {
    "npz": write_pack,
    "h5": write_pack,
    "mat": write_mat,
    "vti": write_pack_vti,
    "vtk": write_pack_vtk,
}
"""Formats of the whole prior, in metres."""

WALLS: dict[str, Callable[[BoundaryPrior, Path], WallCheck]] = {
    "stl": _write_stl,
    "vtp": _write_vtp,
}
"""Formats of the wall alone, in millimetres."""
