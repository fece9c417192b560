"""Reading and writing by suffix; separate so that no caller needs to know a format."""

from collections.abc import Sequence
from pathlib import Path

from lumenfield.datatypes import Mesh, Volume
from lumenfield.io.formats import FORMATS, MESH_FORMATS, by_suffix
from lumenfield.io.stored import Stored, values_of

__all__ = ["has_geometry", "peek", "read", "write", "write_mesh"]


def read(path: Path | str, *, spacing: Sequence[float] | None = None) -> Volume:
    """Read a scan into RAS+ millimetres; complex values become their magnitude.

    A format or file without a voxel size (see `has_geometry`) gets voxels of 1 mm.

    Args:
        spacing: voxel edges in mm, one an axis, instead of the file's; directions stay.

    Raises:
        InputError: the file is missing, damaged, of an unknown format, not 2-D or 3-D, in colour,
            too large, or has a voxel size that is not positive.
    """
    stored = peek(path)
    affine = stored.placement.affine(stored.path, len(stored.shape), spacing)
    return Volume(values_of(stored), affine)


def write(volume: Volume, path: Path | str) -> None:
    """Write a volume whole or not at all, in the format of the suffix; bits become uint8.

    Raises:
        InputError: an unknown suffix, a type or shape the format cannot hold, or a disk that does
            not take it.
    """
    by_suffix(FORMATS, Path(path)).write(volume, Path(path))


def write_mesh(mesh: Mesh, path: Path | str) -> None:
    """Write a surface whole or not at all, in world millimetres.

    Raises:
        InputError: an unknown suffix, or a polyline.
    """
    by_suffix(MESH_FORMATS, Path(path))(mesh, Path(path))


def has_geometry(path: Path | str) -> bool:
    """Tell from its header whether a file gives a voxel size, or `read` assumes 1 mm.

    Raises:
        InputError: the header cannot be read.
    """
    return peek(path).placement.known


def peek(path: Path | str) -> Stored:
    """Read a header by suffix.

    Raises:
        InputError: as `read`, as far as the header shows it.
    """
    return by_suffix(FORMATS, Path(path)).peek(Path(path))
