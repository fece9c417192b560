"""Reading surfaces by suffix; a new format is a file with a reader, and a line here."""

from collections.abc import Callable
from pathlib import Path

from lumenfield.datatypes import Mesh
from lumenfield.io.formats import by_suffix
from lumenfield.io.stl import read_stl
from lumenfield.io.vtp import read_vtp

__all__ = ["MESH_READERS", "read_mesh"]

MESH_READERS: dict[str, Callable[[Path], Mesh]] = {".stl": read_stl, ".vtp": read_vtp}


def read_mesh(path: Path | str) -> Mesh:
    """Read a triangulated surface in the file's own unit and world.

    Raises:
        InputError: the file is missing, damaged, of an unknown format, or holds no triangles.
    """
    return by_suffix(MESH_READERS, Path(path))(Path(path))
