"""NIfTI-1 and NIfTI-2, .nii and .nii.gz; nibabel knows the header, we read the values."""

import gzip
import zlib
from functools import partial
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from lumenfield.datatypes import Volume, slant
from lumenfield.errors import InputError
from lumenfield.io.atomic import whole_file
from lumenfield.io.blocks import Block, damaged, opened, read_block, write_block
from lumenfield.io.placement import Placement
from lumenfield.io.stored import Format, Stored, cast_to, grid_shape, scalar_type

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

__all__ = ["FORMAT"]

_WRITABLE = (
    *("uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("float32", "float64"),
)
_UNITS_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # unknown, metre, millimetre, micron
_LONGEST_AXIS = 32767  # NIfTI-1 counts voxels in 16 bits
_SHEAR = 1e-5


def peek(path: Path) -> Stored:
    """Read the header.

    The sform goes before the qform. Without either the axes are taken as those of the world, and
    the first voxel as its origin, as the standard says.
    """
    header, compressed = _header(path)
    n_axes = int(header["dim"][0])
    if not 0 <= n_axes <= 7:
        raise damaged(path, f"it claims {n_axes} axes")
    shape = grid_shape(path, [int(size) for size in header["dim"][1 : n_axes + 1]])
    dtype = _dtype(path, header)
    block = Block(
        path, shape, dtype, encoding="gzip" if compressed else "raw", skip=_offset(path, header)
    )
    load = partial(_load, block, *_scaling(path, header))
    with np.errstate(all="ignore"):
        placement = _placement(path, header)
    return Stored(path, shape, dtype, placement, load)


def write(volume: Volume, path: Path) -> None:
    """Write values, and the affine as sform and, where it has no shear, as qform too.

    NIfTI-1 keeps an affine to seven digits; NIfTI-2 is written for an axis too long for it alone.

    Raises:
        InputError: a type NIfTI does not have.
    """
    values = cast_to(volume.values, _WRITABLE, path)
    header = _new_header(values, volume)
    with whole_file(path) as part, part.open("wb") as file:
        if path.name.lower().endswith(".gz"):
            with _Packed(file, values.dtype) as packed:
                _write_all(packed, header, values)
        else:
            _write_all(file, header, values)


FORMAT = Format("NIfTI", peek, write)


def _header(path: Path) -> tuple["Nifti1Header", bool]:
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header
    from nibabel.spatialimages import HeaderDataError

    compressed = path.name.lower().endswith(".gz")
    with opened(path) as file:
        start = (gzip.GzipFile(fileobj=file) if compressed else file).read(540)
    for kind, magic in ((Nifti1Header, start[344:348]), (Nifti2Header, start[4:8])):
        if magic[:3] in (b"n+1", b"n+2") and len(start) >= kind.sizeof_hdr:
            try:
                return kind(start[: kind.sizeof_hdr], check=False), compressed
            except HeaderDataError as error:
                raise damaged(path, str(error)) from None
    raise damaged(path, "no NIfTI header at its start")


def _dtype(path: Path, header: "Nifti1Header") -> np.dtype[Any]:
    from nibabel.spatialimages import HeaderDataError

    try:
        return scalar_type(path, header.get_data_dtype())
    except (HeaderDataError, KeyError):
        return scalar_type(path, f"NIfTI code {int(header['datatype'])}")


def _offset(path: Path, header: "Nifti1Header") -> int:
    offset, least = float(header["vox_offset"]), header.single_vox_offset
    if offset == 0:
        return least
    if not least <= offset < 2**40:
        raise damaged(path, f"its values begin at byte {offset:g}")
    return int(offset)


def _scaling(path: Path, header: "Nifti1Header") -> tuple[float, float]:
    slope, inter = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or not np.isfinite(slope):
        return 1.0, 0.0
    if not np.isfinite(inter):
        raise damaged(path, f"its values are to be shifted by {inter}")
    return slope, inter


def _load(block: Block, slope: float, inter: float) -> NDArray[Any]:
    values = read_block(block)
    if (slope, inter) == (1.0, 0.0):
        return values
    wide = values.dtype.kind == "c" or (values.dtype.itemsize > 2 and values.dtype.kind != "f")
    kind = np.result_type(values.dtype, np.float64 if wide else np.float32)
    with np.errstate(all="ignore"):
        values = values.astype(kind)
        values *= slope
        values += inter
    return values


def _placement(path: Path, header: "Nifti1Header") -> Placement:
    unit = int(header["xyzt_units"]) % 8
    if unit not in _UNITS_MM:
        raise InputError(
            f"{path} measures space in unit {unit}",
            "NIfTI has metre (1), millimetre (2) and micron (3)",
            "mend xyzt_units in its header",
        )
    to_mm = _UNITS_MM[unit]
    if header["sform_code"] > 0:
        rows = np.array([header["srow_x"], header["srow_y"], header["srow_z"]], np.float64)
        return Placement.of(rows[:, :3], [to_mm] * 3, rows[:, 3] * to_mm)
    spacing = header["pixdim"][1:4].astype(np.float64) * to_mm
    if header["qform_code"] > 0:
        direction, origin = _rotation(path, header)
        return Placement.of(direction, spacing, origin * to_mm)
    return Placement.of(np.eye(3), spacing, np.zeros(3))


def _rotation(
    path: Path, header: "Nifti1Header"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from nibabel.spatialimages import HeaderDataError

    bare = header.copy()
    bare["pixdim"][:4] = (bare["pixdim"][0] or 1, 1, 1, 1)
    try:
        qform = bare.get_qform().astype(np.float64)
    except (HeaderDataError, ValueError) as error:
        raise damaged(path, str(error)) from None
    return qform[:3, :3], qform[:3, 3]


class _Packed(BufferedIOBase):
    """A gzip stream without name or time inside, so that the same volume gives the same bytes.

    Repeats are not sought in floats: there are none but runs, and it takes three times as long.
    """

    def __init__(self, file: BinaryIO, dtype: np.dtype[Any]) -> None:
        strategy = zlib.Z_RLE if dtype.kind == "f" else zlib.Z_DEFAULT_STRATEGY
        self._file = file
        self._pack = zlib.compressobj(1, zlib.DEFLATED, 16 + zlib.MAX_WBITS, 9, strategy)

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Compress some bytes."""
        self._file.write(self._pack.compress(data))
        return memoryview(data).nbytes

    def close(self) -> None:
        """Write what is still held back; the file under it stays open."""
        if not self.closed:
            self._file.write(self._pack.flush())
        super().close()


def _new_header(values: NDArray[Any], volume: Volume) -> "Nifti1Header":
    from nibabel.nifti1 import Nifti1Header
    from nibabel.nifti2 import Nifti2Header

    header = (Nifti1Header if max(volume.shape) <= _LONGEST_AXIS else Nifti2Header)(endianness="<")
    header.set_data_dtype(values.dtype)
    header.set_data_shape((*volume.shape, 1)[:3])
    header.set_zooms(np.linalg.norm(volume.affine[:3, :3], axis=0))
    header.set_xyzt_units("mm")
    header.set_sform(volume.affine, code="scanner")
    if slant(volume.affine[:3, :3]) <= _SHEAR:
        header.set_qform(volume.affine, code="scanner")
    header.set_slope_inter(1, 0)
    return header


def _write_all(stream: BufferedIOBase, header: "Nifti1Header", values: NDArray[Any]) -> None:
    header.write_to(stream)
    write_block(stream, values)
