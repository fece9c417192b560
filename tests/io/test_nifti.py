import gzip
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import describe, has_geometry, read, value_range, write


def _save(path: Path, values: NDArray[Any], affine: NDArray[np.float64], **fields: Any) -> Path:
    """Write with nibabel, then set header fields that it would not let through."""
    image = nibabel.Nifti1Image(values, affine, dtype=values.dtype)
    block = bytearray(image.to_bytes())
    header = nibabel.Nifti1Header(bytes(block[:348]), check=False)
    for name, value in fields.items():
        header[name] = value
    path.write_bytes(header.binaryblock + bytes(block[348:]))
    return path


def _axes(*sizes: int) -> list[int]:
    return [len(sizes), *sizes, *[1] * (7 - len(sizes))]


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_what_nibabel_writes_is_read(
    kind: Any, name: str, all_affines: list[NDArray[np.float64]], tmp_path: Path
) -> None:
    values = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
    for affine in all_affines[::6]:
        kind(values, affine).to_filename(tmp_path / name)
        back = read(tmp_path / name)
        np.testing.assert_array_equal(back.values, values)
        np.testing.assert_allclose(back.affine, affine, rtol=0, atol=1e-6)


def test_nibabel_reads_what_we_write(
    all_affines: list[NDArray[np.float64]], tmp_path: Path
) -> None:
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    for affine in all_affines:
        write(Volume(values, affine), tmp_path / "a.nii.gz")
        image = nibabel.load(tmp_path / "a.nii.gz")
        np.testing.assert_array_equal(np.asanyarray(image.dataobj), values)
        assert image.get_data_dtype() == np.int16
        np.testing.assert_allclose(image.get_sform(), affine, rtol=0, atol=1e-6)
        np.testing.assert_allclose(image.get_qform(), affine, rtol=0, atol=5e-6)
        assert image.header["sform_code"] == image.header["qform_code"] == 1
        assert image.header.get_xyzt_units()[0] == "mm"


def test_a_sheared_grid_has_no_qform(tmp_path: Path) -> None:
    sheared = np.eye(4)
    sheared[0, 1] = 0.2
    write(Volume(np.ones((2, 3, 4)), sheared), tmp_path / "a.nii")
    header = nibabel.load(tmp_path / "a.nii").header
    assert header["qform_code"] == 0
    assert header["sform_code"] == 1
    np.testing.assert_allclose(header.get_zooms(), (1, np.hypot(1, 0.2), 1))


def test_the_qform_serves_without_an_sform(oblique: NDArray[np.float64], tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", np.ones((2, 3, 4)), oblique, sform_code=0, qform_code=1)
    np.testing.assert_allclose(read(path).affine, oblique, rtol=0, atol=5e-6)


def test_a_qform_without_its_sign_is_right_handed(tmp_path: Path) -> None:
    pixdim = [0, 1, 2, 3, 1, 1, 1, 1]
    path = _save(
        *(tmp_path / "a.nii", np.ones((2, 3, 4)), np.eye(4)),
        **{"sform_code": 0, "qform_code": 1, "pixdim": pixdim},
    )
    np.testing.assert_allclose(read(path).affine, np.diag([1, 2, 3, 1]), atol=1e-6)


def test_without_either_form_the_voxel_sizes_are_still_known(tmp_path: Path) -> None:
    path = _save(
        *(tmp_path / "a.nii", np.ones((2, 3, 4)), np.diag([0.5, 1, 2, 1])),
        **{"sform_code": 0, "qform_code": 0},
    )
    assert has_geometry(path)
    np.testing.assert_array_equal(read(path).affine, np.diag([0.5, 1, 2, 1]))


@pytest.mark.parametrize(("unit", "mm"), [(0, 1.0), (1, 1000.0), (2, 1.0), (3, 0.001)])
@pytest.mark.parametrize("forms", [(1, 0), (0, 1), (0, 0)])
def test_units_become_millimetres(
    unit: int, mm: float, forms: tuple[int, int], tmp_path: Path
) -> None:
    affine = np.diag([2.0, 3.0, 4.0, 1.0])
    affine[:3, 3] = (5, 6, 7) if any(forms) else (0, 0, 0)
    fields = {"sform_code": forms[0], "qform_code": forms[1], "xyzt_units": unit + 8}
    path = _save(tmp_path / "a.nii", np.ones((2, 3, 4)), affine, **fields)
    np.testing.assert_allclose(read(path).affine[:3], affine[:3] * mm, rtol=1e-6)


def test_an_unknown_unit_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.nii", np.ones((2, 3, 4)), np.eye(4), xyzt_units=5)
    with pytest.raises(InputError, match=r"measures space in unit 5; NIfTI has metre"):
        read(path)


@pytest.mark.parametrize(
    ("stored", "scaled"),
    [("int16", "float32"), ("int32", "float64"), ("float32", "float32"), ("complex64", "float64")],
)
def test_scaled_values_are_scaled(stored: str, scaled: str, tmp_path: Path) -> None:
    values = np.arange(24).reshape(2, 3, 4).astype(stored)
    path = _save(tmp_path / "a.nii", values, np.eye(4), scl_slope=0.5, scl_inter=-3)
    back = read(path).values
    assert back.dtype == scaled
    expected = values * 0.5 - 3
    np.testing.assert_allclose(back, abs(expected) if stored == "complex64" else expected)


@pytest.mark.parametrize("slope", [0.0, np.nan, np.inf, 1.0])
def test_whole_numbers_without_a_scale_stay_whole(slope: float, tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    path = _save(tmp_path / "a.nii", values, np.eye(4), scl_slope=slope, scl_inter=0)
    assert read(path).values.dtype == np.int16


def test_complex_values_become_their_magnitude(tmp_path: Path) -> None:
    values = np.full((2, 3, 4), 3 + 4j, dtype=np.complex64)
    nibabel.Nifti1Image(values, np.eye(4)).to_filename(tmp_path / "a.nii")
    back = read(tmp_path / "a.nii").values
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, 5)


def test_big_endian_and_extended_headers_are_read(tmp_path: Path) -> None:
    values = np.arange(24, dtype=">i2").reshape(2, 3, 4)
    header = nibabel.Nifti1Header(endianness=">")
    header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"a long remark" * 5))
    nibabel.Nifti1Image(values, np.diag([2, 3, 4, 1]), header).to_filename(tmp_path / "a.nii")
    back = read(tmp_path / "a.nii")
    np.testing.assert_array_equal(back.values, values)
    assert back.values.dtype.isnative
    assert back.spacing == (2, 3, 4)


def test_a_singleton_last_axis_is_an_image_and_a_singleton_time_is_dropped(tmp_path: Path) -> None:
    for shape, kept in [((3, 4, 1), (3, 4)), ((3, 4, 2, 1), (3, 4, 2)), ((1, 4, 2), (1, 4, 2))]:
        image = nibabel.Nifti1Image(np.ones(shape, np.float32), np.diag([1, 2, 3, 1]))
        image.to_filename(tmp_path / "a.nii")
        back = read(tmp_path / "a.nii")
        assert back.shape == kept
        np.testing.assert_array_equal(back.affine, np.diag([1, 2, 3, 1]))


def test_a_slice_without_thickness_gets_a_millimetre_along_its_normal(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(np.ones((3, 4), np.float32), None)
    image.header.set_zooms((0.5, 2))
    image.header["pixdim"][3] = 0
    image.to_filename(tmp_path / "a.nii")
    np.testing.assert_array_equal(read(tmp_path / "a.nii").affine, np.diag([0.5, 2, 1, 1]))


def test_a_series_is_refused_with_its_axes(tmp_path: Path) -> None:
    nibabel.Nifti1Image(np.ones((3, 4, 5, 6)), np.eye(4)).to_filename(tmp_path / "a.nii")
    message = r"a\.nii is 3×4×5×6 \(4-D\), 6 frames in time; one scan has two or three axes: pass"
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.nii")


def test_colours_are_refused(tmp_path: Path) -> None:
    colours = np.zeros((2, 3, 4), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nibabel.Nifti1Image(colours, np.eye(4)).to_filename(tmp_path / "a.nii")
    with pytest.raises(InputError, match=r"values of type .*'R'.*; one number a voxel is needed"):
        read(tmp_path / "a.nii")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"pixdim": [1, 0, 1, 1, 1, 1, 1, 1]}, "a voxel size of 0×1×1 mm; every edge must be"),
        ({"pixdim": [1, 1, -2, 1, 1, 1, 1, 1]}, "a voxel size of 1×-2×1 mm"),
        ({"pixdim": [1, 1, 1, np.nan, 1, 1, 1, 1]}, "a voxel size of 1×1×nan mm"),
        ({"pixdim": [1, 1, 1, 1e30, 1, 1, 1, 1]}, "a voxel size of 1×1×1e[+]30 mm"),
        ({"sform_code": 1, "srow_x": 0}, "a voxel size of 0×1×1 mm"),
        (
            {"sform_code": 1, "srow_x": [1, 1, 0, 0], "srow_y": 0},
            "axes must be finite and span space",
        ),
        ({"sform_code": 1, "srow_x": [1, 0, 0, np.nan]}, "its axes must be finite"),
        ({"qform_code": 1, "quatern_b": 9}, "is damaged .*"),
        ({"qform_code": 1, "pixdim": [5, 1, 1, 1, 1, 1, 1, 1]}, "is damaged .*qfac"),
        ({"dim": _axes(30000, 30000, 30000)}, "201166 GiB; at most 64 GiB can be read: mend"),
        ({"dim": _axes(2, 3, 400)}, "says it holds 2×3×400 values of float64; 544 bytes are there"),
        ({"dim": _axes(2, -3, 4)}, "is 2×-3×4 .3-D.; a scan has two or three axes, none of them"),
        ({"dim": _axes(24)}, "is 24 .1-D.; a scan has two or three axes"),
        ({"dim": _axes()}, "is a single number"),
        ({"dim": [-5, *[1] * 7]}, "it claims -?[0-9]+ axes"),
        ({"datatype": 1}, "holds values of type"),
        ({"datatype": 77}, "holds values of type NIfTI code 77"),
        ({"vox_offset": 3}, "its values begin at byte 3"),
        ({"vox_offset": np.nan}, "its values begin at byte nan"),
        ({"scl_slope": 2, "scl_inter": np.inf}, "its values are to be shifted by inf"),
        ({"magic": b"ni1"}, "no NIfTI header at its start"),
    ],
)
def test_a_header_that_lies_is_named(fields: dict[str, Any], message: str, tmp_path: Path) -> None:
    fields = {"sform_code": 0, "qform_code": 0, **fields}
    path = _save(tmp_path / "a.nii", np.ones((2, 3, 4)), np.eye(4), **fields)
    with pytest.raises(InputError, match=message):
        read(path)


def test_a_given_spacing_mends_a_header_without_one(tmp_path: Path) -> None:
    fields = {"sform_code": 0, "qform_code": 0, "pixdim": 0}
    path = _save(tmp_path / "a.nii", np.ones((2, 3, 4)), np.eye(4), **fields)
    assert read(path, spacing=(1.0, 2.0, 3.0)).spacing == (1, 2, 3)


def test_damaged_compression_is_named(volume: Volume, tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    write(volume, path)
    sound = path.read_bytes()
    path.write_bytes(sound[:-30])
    with pytest.raises(InputError, match=r"is damaged or .*; a sound .nii.gz file is needed: copy"):
        read(path)
    path.write_bytes(sound[:-8] + b"\0" * 8)
    with pytest.raises(InputError, match=r"is damaged .*CRC check failed"):
        read(path)


def test_truncated_values_are_named(volume: Volume, tmp_path: Path) -> None:
    raw = tmp_path / "a.nii"
    write(volume, raw)
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(raw.read_bytes()[:-20]))
    with pytest.raises(InputError, match="its data ends 20 bytes early; all of it: copy or make"):
        read(tmp_path / "b.nii.gz")
    raw.write_bytes(raw.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"its data ends 20 bytes early|bytes are there"):
        read(raw)


def test_a_long_axis_is_written_as_nifti_2(tmp_path: Path) -> None:
    write(Volume(np.zeros((40000, 2), np.uint8), np.eye(4)), tmp_path / "a.nii.gz")
    assert isinstance(nibabel.load(tmp_path / "a.nii.gz"), nibabel.Nifti2Image)
    assert read(tmp_path / "a.nii.gz").shape == (40000, 2)


def test_a_scaled_scan_is_described_by_its_scaled_range(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    path = _save(tmp_path / "a.nii", values, np.eye(4), scl_slope=2, scl_inter=1)
    info = describe(path)
    assert info.dtype == "int16"
    assert value_range(tmp_path / "a.nii") == (1, 47)
