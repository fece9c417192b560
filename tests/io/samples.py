"""One small sound file, or folder, of every format and of its main variants."""

import base64
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from PIL import Image
from scipy.io import savemat

from lumenfield.datatypes import Volume
from lumenfield.io import FORMATS, write

__all__ = ["SAMPLES", "suffix_of"]

AFFINE = np.array([[0, -0.75, 0, 10.125], [0.5, 0, 0, -20.25], [0, 0, 2, 30.5], [0, 0, 0, 1]])
VALUES = (np.random.default_rng(1).normal(size=(5, 6, 7)) * 40 + 100).astype(np.float32)


def _written(suffix: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        flat = suffix in (".png", ".tif", ".tiff")
        values = VALUES[..., 0].astype(np.uint8) if flat else VALUES
        write(Volume(values, AFFINE), folder / f"a{suffix}")
        return folder / f"a{suffix}"

    return make


def _nifti_2(folder: Path) -> Path:
    from nibabel import Nifti2Image

    Nifti2Image(VALUES, AFFINE).to_filename(folder / "a.nii")
    return folder / "a.nii"


def _vtk_text(folder: Path) -> Path:
    words = " ".join(f"{value:g}" for value in VALUES.ravel(order="F"))
    (folder / "a.vtk").write_text(
        "# vtk DataFile Version 3.0\nx\nASCII\nDATASET STRUCTURED_POINTS\nDIMENSIONS 5 6 7\n"
        f"SPACING 1 1 2\nORIGIN 0 0 0\nPOINT_DATA 210\nSCALARS a float 1\nLOOKUP_TABLE default\n"
        f"{words}\nFIELD FieldData 1\nmagn 1 210 float\n{words}\n"
    )
    return folder / "a.vtk"


def _vtk_points(folder: Path) -> Path:
    write(Volume(VALUES, np.diag([1.0, 2, 3, 1])), folder / "a.vtk")
    return folder / "a.vtk"


def _xml(kind: str, points: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        data = VALUES.astype("<f4").tobytes(order="F")
        packed = zlib.compress(data)
        table = np.array([1, len(data), 0, len(packed)], "<u4").tobytes()
        text = (base64.b64encode(table) + base64.b64encode(packed)).decode()
        path = folder / ("a.vti" if kind == "ImageData" else "a.vts")
        path.write_text(
            f'<VTKFile type="{kind}" byte_order="LittleEndian" '
            f'compressor="vtkZLibDataCompressor"><{kind} WholeExtent="0 4 0 5 0 6" '
            'Spacing="1 1 2"><Piece Extent="0 4 0 5 0 6"><PointData><DataArray type="Float32" '
            f'Name="magn" format="binary">{text}</DataArray></PointData>{points}</Piece>'
            f"</{kind}></VTKFile>"
        )
        return path

    return make


def _points() -> str:
    index = np.indices(VALUES.shape).reshape(3, -1, order="F")
    words = " ".join(f"{number:g}" for number in (AFFINE[:3, :3] @ index).ravel(order="F"))
    return (
        '<Points><DataArray type="Float64" NumberOfComponents="3" format="ascii">'
        f"{words}</DataArray></Points>"
    )


def _encodings(folder: Path) -> Path:
    image = VALUES * (1 + 1j)
    fields = {f"f{i}": image if i > 2 else np.zeros((1, 1)) for i in range(11)}
    savemat(folder / "a.mat", {"STR": fields}, do_compression=False)
    return folder / "a.mat"


def _matlab_7_3(folder: Path) -> Path:
    with h5py.File(folder / "a.mat", "w", userblock_size=512) as file:
        file["IMtrx"] = VALUES.T
        file["IMtrx"].attrs["MATLAB_class"] = np.bytes_("single")
    return folder / "a.mat"


def _tiff_pages(folder: Path) -> Path:
    pages = [Image.fromarray(page) for page in np.moveaxis(VALUES, 2, 0).astype(np.uint16)]
    pages[0].save(folder / "a.tif", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    return folder / "a.tif"


def _one_dicom(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        from dicom_maker import enhanced

        enhanced(Volume(VALUES.astype(np.uint16), np.eye(4)), folder / name)
        return folder / name

    return make


def _dicom_folder(folder: Path) -> Path:
    from dicom_maker import classic

    classic(Volume(VALUES[..., :3].astype(np.uint16), np.eye(4)), folder / "a")
    return folder / "a"


def _packed_dicom(folder: Path) -> Path:
    from pydicom import dcmread
    from pydicom.uid import RLELossless

    _one_dicom("a.dcm")(folder)
    dataset = dcmread(folder / "a.dcm")
    dataset.compress(RLELossless)
    dataset.save_as(folder / "a.dcm", enforce_file_format=True)
    return folder / "a.dcm"


SAMPLES: dict[str, Callable[[Path], Path]] = {
    **{suffix: _written(suffix) for suffix, form in FORMATS.items() if form.write},
    ".vts": _xml("StructuredGrid", _points()),
    ".dcm": _one_dicom("a.dcm"),
    ".ima": _one_dicom("a.ima"),
    "/": _dicom_folder,
    ".nii version 2": _nifti_2,
    ".vtk text": _vtk_text,
    ".vtk points": _vtk_points,
    ".vti packed": _xml("ImageData", ""),
    ".mat encodings": _encodings,
    ".mat 7.3": _matlab_7_3,
    ".tif pages": _tiff_pages,
    ".dcm packed": _packed_dicom,
}
"""What writes a sample into a folder and says what to read, by suffix and variant."""


def suffix_of(name: str) -> str:
    """Give the suffix of a sample."""
    return name.partition(" ")[0]
