"""The table of formats: a new one is a file that offers a `Format`, and a line here."""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from lumenfield.datatypes import Mesh
from lumenfield.errors import InputError
from lumenfield.io import (
    dicom,
    folder,
    hdf5,
    matlab,
    metaimage,
    nifti,
    npy,
    npz,
    nrrd,
    png,
    stl,
    tiff,
    vti,
    vtk,
)
from lumenfield.io.joined import several
from lumenfield.io.stored import Format

__all__ = ["FORMATS", "MESH_FORMATS", "by_suffix", "case_stem", "format_of"]

FORMATS: dict[str, Format] = {
    ".npy": npy.FORMAT,
    ".npz": npz.FORMAT,
    ".nii": nifti.FORMAT,
    ".nii.gz": nifti.FORMAT,
    ".mha": metaimage.FORMAT,
    ".mhd": metaimage.FORMAT,
    ".nrrd": nrrd.FORMAT,
    ".nhdr": nrrd.FORMAT,
    ".vtk": vtk.FORMAT,
    ".vti": vti.FORMAT,
    ".vts": vti.GRID_FORMAT,
    ".h5": hdf5.FORMAT,
    ".hdf5": hdf5.FORMAT,
    ".mat": matlab.FORMAT,
    ".png": png.FORMAT,
    ".tif": tiff.FORMAT,
    ".tiff": tiff.FORMAT,
    ".dcm": dicom.FORMAT,
    ".ima": dicom.FORMAT,
    "/": folder.FORMAT,
}
"""By suffix; "/" is a folder. DICOM files need no suffix: see `format_of`."""

MESH_FORMATS: dict[str, Callable[[Mesh, Path], None]] = {
    ".stl": stl.write_stl,
}

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar")

Entry = TypeVar("Entry")


def case_stem(path: Path) -> str:
    """Give a file's name without its suffix, the longest that a format has: `a.nii.gz` is `a`."""
    if path.is_dir():
        return path.resolve().name
    if parts := several(path):
        return "+".join(case_stem(part) for part in parts)
    known = [suffix for suffix in FORMATS if path.name.lower().endswith(suffix)]
    suffix = max(known, key=len, default=path.suffix)
    return path.name[: len(path.name) - len(suffix)]


def format_of(path: Path) -> Format:
    """Find the format of a file or folder that is to be read; a scanner's may have any name.

    Raises:
        InputError: as `by_suffix`.
    """
    try:
        return by_suffix(FORMATS, path)
    except InputError:
        if dicom.is_dicom(path):
            return dicom.FORMAT
        raise


def by_suffix(table: Mapping[str, Entry], path: Path, *, writing: bool = False) -> Entry:
    """Look up the longest suffix of a file name, in upper or lower case; a folder's is "/".

    Args:
        writing: the file is to be written: only the advice in a message differs.

    Raises:
        InputError: none is in the table; the message has the known ones and the nearest.
    """
    name = path.name.lower() + "/" * path.is_dir()
    found = [suffix for suffix in table if name.endswith(suffix)]
    if found:
        return table[max(found, key=len)]
    if path.is_dir():
        raise InputError(f"{path} is a folder", "one file is needed", "name a file in it")
    suffix = "".join(path.suffixes[-2:]).lower()
    near = difflib.get_close_matches(suffix, table, n=1) or difflib.get_close_matches(
        path.suffix.lower(), table, n=1
    )
    if path.name.lower().endswith(_ARCHIVES) and not writing:
        raise InputError(f"{path} is an archive", "a scan", "unpack it, and name what was in it")
    raise InputError(
        f"{path} has {f'the suffix {suffix}' if suffix else 'no suffix'}",
        f"known are {', '.join(known for known in table if known != '/')}",
        f"did you mean {near[0]}?"
        if near
        else f"{'choose' if writing else 'convert it to'} one of these",
    )
