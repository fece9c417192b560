"""Reading and writing by suffix; separate so that no caller needs to know a format."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lumenfield.datatypes import Mesh, Volume
from lumenfield.errors import InputError
from lumenfield.io.catalogue import Catalogue
from lumenfield.io.formats import FORMATS, MESH_FORMATS, by_suffix, format_of
from lumenfield.io.joined import join, several
from lumenfield.io.options import ReadOptions
from lumenfield.io.stored import Stored, values_of

__all__ = ["choose", "frames", "has_geometry", "load", "peek", "read", "write", "write_mesh"]


def read(
    path: Path | str,
    options: ReadOptions | None = None,
    *,
    spacing: Sequence[float] | None = None,
) -> Volume:
    """Read a scan into RAS+ millimetres; complex values become their magnitude.

    A format or file without a voxel size (see `has_geometry`) gets voxels of 1 mm. Several files
    of one case, joined as in "x.mat+y.mat+z.mat", give the mean of their magnitudes.

    Args:
        options: which array, series or frame, and the voxel size.
        spacing: shorthand for the options' own, which it replaces.

    Raises:
        InputError: the file is missing, damaged, of an unknown format, not 2-D or 3-D, in colour,
            too large, has a voxel size that is not positive, or holds several scans and none is
            chosen.
    """
    options = options or ReadOptions()
    if spacing is not None:
        options = replace(options, spacing=ReadOptions.edges(spacing))
    return load(peek(path, options), options)


def load(stored: Stored, options: ReadOptions) -> Volume:
    """Read the values of a scan whose header was read.

    Raises:
        InputError: as `read`.
    """
    affine = stored.placement.affine(stored.path, len(stored.grid), options.spacing)
    return Volume(values_of(stored, options.time), affine, stored.placement.known)


def frames(path: Path | str, options: ReadOptions) -> tuple[ReadOptions, ...]:
    """Give options for each frame where every one is asked for; else the options alone.

    Raises:
        InputError: the header cannot be read.
    """
    if options.time != "all":
        return (options,)
    return tuple(replace(options, time=frame) for frame in range(peek(path, options).n_frames))


def write(volume: Volume, path: Path | str) -> None:
    """Write a volume whole or not at all, in the format of the suffix; bits become uint8.

    Raises:
        InputError: an unknown suffix, a type or shape the format cannot hold, or a disk that does
            not take it.
    """
    form = by_suffix(FORMATS, Path(path), writing=True)
    if form.write is None:
        raise InputError(
            f"{path} is to be {form.name}",
            f"written can be {', '.join(s for s, f in FORMATS.items() if f.write)}",
            "choose one of these",
        )
    form.write(volume, Path(path))


def write_mesh(mesh: Mesh, path: Path | str) -> None:
    """Write a surface whole or not at all, in world millimetres.

    Raises:
        InputError: an unknown suffix, or a polyline.
    """
    by_suffix(MESH_FORMATS, Path(path), writing=True)(mesh, Path(path))


def has_geometry(path: Path | str, options: ReadOptions | None = None) -> bool:
    """Tell from its header whether a file gives a voxel size, or `read` assumes 1 mm.

    Raises:
        InputError: the header cannot be read.
    """
    return peek(path, options).placement.known


def peek(path: Path | str, options: ReadOptions | None = None) -> Stored:
    """Read the header of the scan that is meant.

    Raises:
        InputError: as `read`, as far as the header shows it.
    """
    path, options = Path(path), options or ReadOptions()
    if paths := several(path):
        return join(path, [peek(one, options) for one in paths])
    return choose(path, format_of(path).peek(path), options)


def choose(path: Path, found: Stored | Catalogue, options: ReadOptions) -> Stored:
    """Take the scan that the options mean.

    Raises:
        InputError: they mean none, or several could be meant.
    """
    kind = found.kind if isinstance(found, Catalogue) else "scan"
    for option, name in (("array", options.array), ("series", options.series)):
        if name is not None and option != kind:
            raise InputError(
                f"--{option} {name} for {path}",
                f"it holds {f'{kind}s' if kind == 'array' else 'no ' + option}",
                f"leave out --{option}",
            )
    if isinstance(found, Stored):
        return found
    return found.pick(path, options.array if found.kind == "array" else options.series)
