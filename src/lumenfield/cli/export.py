"""`lumenfield export`: the prior, or the wall, in the formats of other programs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumenfield.cli.verb import Arguments, Verb, print_json
from lumenfield.errors import InputError

if TYPE_CHECKING:
    from lumenfield.jobs.export import ExportOptions

__all__ = ["VERB"]

_FORMATS = ("npz", "h5", "mat", "vti", "vtk", "stl", "vtp")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("source", type=Path, metavar="OUT", help="a case's folder, or its prior.npz")
    add("--to", required=True, choices=_FORMATS, help="npz to vtk: metres; stl, vtp: the wall, mm")
    add("-o", "--out", type=Path, metavar="FILE", help="by default beside the pack; ends in .TO")
    add(
        "--cut",
        action="append",
        default=[],
        metavar="X,Y,Z,NX,NY,NZ|auto[:MM]",
        help="close a pack's lumen at a plane (mm, normal out of what is kept); "
        "auto: MM inside each opening, else one diameter",
    )
    add("--keep", metavar="N|all", help="parts of the lumen, largest first; by default 1")
    add("--like", type=Path, metavar="FILE", help="put the prior on the grid of this volume")
    add("--samples", type=int, default=0, metavar="N", help="add draws of φ")
    add("--eikonal", type=float, metavar="MM", help="add ψ, the viscous-Eikonal field of this ε")


def _run(arguments: Arguments) -> int:
    from lumenfield.jobs.export import export_prior

    done = export_prior(arguments.source, arguments.to, arguments.out, _options(arguments))
    prior, wall = done.prior, done.wall
    if arguments.json:
        record: dict[str, Any] = {
            "written": str(done.path),
            "shape": list(prior.distance.shape),
            "caps": len(prior.caps),
            "notes": list(done.notes),
        }
        return print_json({**record, "wall": vars(wall) if wall else None})
    size = "×".join(map(str, prior.distance.shape))
    print(f"{done.path}: {size}, {len(prior.caps)} openings of what it holds")
    if wall is not None:
        print(
            f"  vertices {wall.rms_voxels:.4f} voxel off φ = 0 (worst {wall.worst_voxels:.3f}), "
            f"volume {100 * wall.change:+.2f} %"
        )
    for note in done.notes:
        print(f"  note: {note}")
    return 0


def _options(arguments: Arguments) -> "ExportOptions":
    from lumenfield.jobs.export import ExportOptions
    from lumenfield.prior import Plane

    planes = [c for c in arguments.cut if not c.startswith("auto")]
    ends = [c for c in arguments.cut if c.startswith("auto")]
    cuts = []
    for words in planes:
        x, y, z, a, b, c = _numbers(words, words.split(","), 6)
        cuts.append(Plane((x, y, z), (a, b, c)))
    length = ends[-1].removeprefix("auto") if ends else ""
    return ExportOptions(
        cuts=tuple(cuts),
        cut_ends=bool(ends),
        cut_length_mm=_numbers(ends[-1], [length.removeprefix(":")], 1)[0] if length else None,
        samples=arguments.samples,
        eikonal_mm=arguments.eikonal,
        grid=arguments.like,
        keep=_keep(arguments.keep),
    )


def _numbers(given: str, words: list[str], count: int) -> list[float]:
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise InputError(
            f"--cut {given}",
            "a cut is X,Y,Z,NX,NY,NZ in millimetres, auto or auto:MM",
            "write --cut=… if it begins with a minus",
        )
    return numbers


def _keep(given: str | None) -> Any:
    if given is None or given == "all":
        return given
    if not given.isdigit() or int(given) < 1:
        raise InputError(
            f"--keep {given}", "at least one part of the lumen is kept", "use 1 or all"
        )
    return int(given)


VERB = Verb("write the prior or the wall in another format", _add_arguments, _run)
