"""DICOM series: what comes back from those made by hand, and why others are refused."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import ReadOptions, describe, read

sys.path.insert(0, str(Path(__file__).parent))
from dicom_maker import classic, enhanced

VALUES = np.arange(2 * 3 * 4, dtype=np.uint16).reshape(2, 3, 4)


def _right_handed(affines: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """DICOM slices lie along the cross product of rows and columns, at right angles."""
    return [a for a in affines if np.linalg.det(a[:3, :3]) > 0]


def test_classic_series_come_back_in_every_orientation(
    all_affines: list[NDArray[np.float64]], tmp_path: Path
) -> None:
    for n, affine in enumerate(_right_handed(all_affines)):
        classic(Volume(VALUES, affine), tmp_path / str(n))
        found = read(tmp_path / str(n))
        assert found.values.dtype == np.uint16
        np.testing.assert_array_equal(found.values, VALUES)
        np.testing.assert_allclose(found.affine, affine, rtol=0, atol=1e-6)


def test_a_mirrored_grid_comes_back_with_its_slices_turned_round(tmp_path: Path) -> None:
    classic(Volume(VALUES, np.diag([1.0, 2, -3, 1])), tmp_path / "a")
    found = read(tmp_path / "a")
    np.testing.assert_array_equal(found.values, VALUES[:, :, ::-1])
    np.testing.assert_allclose(found.affine[:3, 2:].T, [[0, 0, 3], [0, 0, -9]])


def test_enhanced_files_come_back(oblique: NDArray[np.float64], tmp_path: Path) -> None:
    affine = oblique if np.linalg.det(oblique[:3, :3]) > 0 else oblique @ np.diag([1, 1, -1, 1])
    enhanced(Volume(VALUES, affine), tmp_path / "a.dcm")
    found = read(tmp_path / "a.dcm")
    np.testing.assert_array_equal(found.values, VALUES)
    np.testing.assert_allclose(found.affine, affine, rtol=0, atol=1e-6)


def test_a_series_in_time_is_sorted_by_its_clock(tmp_path: Path) -> None:
    enhanced(Volume(VALUES, np.eye(4)), tmp_path / "a.dcm", n_times=3)
    with pytest.raises(InputError, match=r"is 2×3×4×3 \(4-D\), 3 frames in time; .*--time 0 to 2"):
        read(tmp_path / "a.dcm")
    for t in range(3):
        found = read(tmp_path / "a.dcm", ReadOptions(time=t))
        np.testing.assert_array_equal(found.values, VALUES + 100 * t)
    mean = read(tmp_path / "a.dcm", ReadOptions(time="mean"))
    np.testing.assert_array_equal(mean.values, VALUES + 100)


@pytest.mark.parametrize("clock", ["TriggerTime", "TemporalPositionIdentifier", "AcquisitionTime"])
def test_any_clock_will_do(clock: str, tmp_path: Path) -> None:
    for t in (1, 0):
        when = {clock: f"12000{t}.5" if clock == "AcquisitionTime" else 10 * t}
        classic(Volume(VALUES + t, np.eye(4)), tmp_path / "a", prefix=f"t{t}", **when)
    np.testing.assert_array_equal(read(tmp_path / "a", ReadOptions(time=1)).values, VALUES + 1)


def test_one_file_of_a_series_stands_for_all_of_it(tmp_path: Path) -> None:
    files = classic(Volume(VALUES, np.eye(4)), tmp_path / "a")
    classic(Volume(VALUES, np.eye(4)), tmp_path / "a", prefix="other", series="9.9", number=9)
    np.testing.assert_array_equal(read(files[1]).values, VALUES)


def test_series_are_listed_and_chosen(tmp_path: Path) -> None:
    for number, name in ((3, "tof"), (11, "flow")):
        classic(
            Volume(VALUES + number, np.eye(4)),
            tmp_path / name,
            series=f"1.2.{number}",
            number=number,
            SeriesDescription=name,
        )
    with pytest.raises(
        InputError, match=r"2 series: 3 \(tof magnitude, 4 images 3×2\), 11 \(flow .*--series NAME"
    ):
        read(tmp_path)
    for asked in ("11", "flow", "1.2.11"):
        np.testing.assert_array_equal(read(tmp_path, ReadOptions(series=asked)).values, VALUES + 11)
    with pytest.raises(InputError, match=r"no series '5'; it has 3 \(tof"):
        read(tmp_path, ReadOptions(series="5"))
    assert [part.name for part in describe(tmp_path).parts] == ["3", "11"]
    assert (describe(tmp_path).format, describe(tmp_path).shape) == ("DICOM", ())


@pytest.mark.parametrize("types", [["P", "FFE"], ["PHASE CONTRAST M", "P", "PCA"]])
def test_the_magnitude_of_a_series_is_taken_and_its_phase_is_there(
    types: list[str], tmp_path: Path
) -> None:
    classic(Volume(VALUES, np.eye(4)), tmp_path / "a")
    phase = ["ORIGINAL", "PRIMARY", *types]
    classic(Volume(VALUES + 7, np.eye(4)), tmp_path / "a", prefix="p", ImageType=phase)
    np.testing.assert_array_equal(read(tmp_path / "a").values, VALUES)
    found = read(tmp_path / "a", ReadOptions(series="4-phase"))
    np.testing.assert_array_equal(found.values, VALUES + 7)


def test_echoes_are_told_apart(tmp_path: Path) -> None:
    for echo in (2.5, 5.0):
        volume = Volume(VALUES + int(echo), np.eye(4))
        classic(volume, tmp_path / "a", prefix=f"e{echo:g}", EchoTime=echo)
    with pytest.raises(InputError, match=r"2 series: 4-2\.5ms .*, 4-5ms"):
        read(tmp_path / "a")
    found = read(tmp_path / "a", ReadOptions(series="4-5ms"))
    np.testing.assert_array_equal(found.values, VALUES + 5)


def test_values_are_rescaled(tmp_path: Path) -> None:
    classic(Volume(VALUES, np.eye(4)), tmp_path / "a", RescaleSlope=0.5, RescaleIntercept=-3)
    found = read(tmp_path / "a")
    assert found.values.dtype == np.float32
    np.testing.assert_array_equal(found.values, VALUES * 0.5 - 3)


def test_a_single_slice_is_an_image_with_its_thickness(tmp_path: Path) -> None:
    classic(Volume(VALUES[:, :, :1], np.diag([1.0, 2, 4, 1])), tmp_path / "a", SliceThickness=4)
    found = read(tmp_path / "a")
    assert found.shape == (2, 3)
    assert found.spacing == (1, 2)


def test_the_same_image_twice_is_one(tmp_path: Path) -> None:
    files = classic(Volume(VALUES, np.eye(4)), tmp_path / "a")
    (tmp_path / "a" / "copy").write_bytes(files[0].read_bytes())
    np.testing.assert_array_equal(read(tmp_path / "a").values, VALUES)


LONG = np.arange(2 * 3 * 6, dtype=np.uint16).reshape(2, 3, 6)


def _without(folder: Path, *slices: int) -> None:
    """Remove slices from a series of six."""
    files = classic(Volume(LONG, np.eye(4)), folder)
    order = list(np.random.default_rng(3).permutation(6))
    for k in slices:
        files[order.index(k)].unlink()


def test_missing_slices_are_counted(tmp_path: Path) -> None:
    _without(tmp_path / "a", 2, 3)
    with pytest.raises(InputError, match="2 slices missing after slice 2 of 4; a scan has slices"):
        read(tmp_path / "a")
    _without(tmp_path / "one", 2)
    with pytest.raises(InputError, match="has 1 slice missing after slice 2 of 5"):
        read(tmp_path / "one")


def test_a_tilted_gantry_is_refused_with_its_angle(tmp_path: Path) -> None:
    affine = np.eye(4)
    affine[1, 2] = np.tan(np.radians(12))
    classic(Volume(VALUES, affine), tmp_path / "a")
    with pytest.raises(InputError, match=r"shifted in plane \(a tilt of 12\.0°\); .*no gantry"):
        read(tmp_path / "a")


def test_slices_twice_in_one_place_are_refused(tmp_path: Path) -> None:
    for prefix in ("a", "b"):
        classic(Volume(VALUES, np.eye(4)), tmp_path / "a", prefix=prefix)
    with pytest.raises(InputError, match="2 images at every place and no time to tell them apart"):
        read(tmp_path / "a")
    next((tmp_path / "a").glob("b*")).unlink()
    with pytest.raises(InputError, match=r"4 slices with 1 to 2 images each; .*as many at every"):
        read(tmp_path / "a")


def test_mixed_images_are_refused(tmp_path: Path) -> None:
    turned = np.array([[0, 0, 1, 9], [1, 0, 0, 9], [0, 1, 0, 9], [0, 0, 0, 1.0]])
    others = {
        "sizes": (Volume(VALUES[:, :2], np.eye(4)), r"images of 2 sizes \(2×2, 3×2\)"),
        "turned": (Volume(VALUES, turned), "4 of 8 images turned against the first"),
        "pixels": (Volume(VALUES, np.diag([2.0, 1, 1, 1])), "images of different pixel sizes"),
    }
    for name, (other, message) in others.items():
        classic(Volume(VALUES, np.eye(4)), tmp_path / name)
        classic(other, tmp_path / name, prefix="z")
        with pytest.raises(InputError, match=f"{message}; a scan has .*: choose another series"):
            read(tmp_path / name)


def test_colours_and_unreadable_packing_are_refused(tmp_path: Path) -> None:
    classic(Volume(VALUES, np.eye(4)), tmp_path / "a", PhotometricInterpretation="RGB")
    with pytest.raises(InputError, match=r"is in colour \(RGB\)"):
        read(tmp_path / "a")
    path = classic(Volume(VALUES[:, :, :1], np.eye(4)), tmp_path / "b")[0]
    plain, lossless = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.4.57\0"[:20]
    path.write_bytes(path.read_bytes().replace(plain, lossless[:18] + b"57", 1))
    with pytest.raises(InputError, match=r"is packed as .*: pip install .*, or unpack it first"):
        read(tmp_path / "b")


def test_a_depth_that_no_image_has_is_named(tmp_path: Path) -> None:
    classic(Volume(VALUES, np.eye(4)), tmp_path / "a", BitsAllocated=57)
    with pytest.raises(InputError, match=r"is damaged .*it allocates 57 bits a pixel"):
        read(tmp_path / "a")


def test_a_cut_file_is_named(tmp_path: Path) -> None:
    path = classic(Volume(VALUES, np.eye(4)), tmp_path / "a")[2]
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match=r"im002"):
        read(tmp_path / "a")


def test_files_beside_the_images_do_no_harm(tmp_path: Path) -> None:
    classic(Volume(VALUES, np.eye(4)), tmp_path / "a")
    (tmp_path / "a" / "README.txt").write_text("Dear reader")
    np.testing.assert_array_equal(read(tmp_path).values, VALUES)


@pytest.mark.parametrize("name", ["MR_small", "MR_small_RLE", "MR_small_expb"])
def test_files_of_a_scanner_are_read(name: str, tmp_path: Path) -> None:
    from pydicom.data import get_testdata_file

    path = get_testdata_file(f"{name}.dcm", download=False)
    assert isinstance(path, str)
    shutil.copy(path, tmp_path / "a.dcm")
    found = read(tmp_path / "a.dcm")
    assert found.shape == (64, 64)
    assert found.spacing == (0.3125, 0.3125)


_PACKED = {"MR_small_jpeg_ls_lossless": "JPEG-LS", "MR_small_jp2klossless": "JPEG 2000"}


@pytest.mark.parametrize("name", _PACKED)
def test_packed_files_are_read_with_the_extra(name: str, tmp_path: Path) -> None:
    pytest.importorskip("gdcm", reason="the extra `dicom` is not installed")
    found, plain = (read(_test_file(one, tmp_path)).values for one in (name, "MR_small"))
    np.testing.assert_array_equal(found, plain)


def test_lossless_jpeg_is_read_with_the_extra(tmp_path: Path) -> None:
    gdcm = pytest.importorskip("gdcm", reason="the extra `dicom` is not installed")
    plain, packed = _test_file("MR_small", tmp_path), tmp_path / "packed.dcm"
    reader, change, writer = (
        gdcm.ImageReader(),
        gdcm.ImageChangeTransferSyntax(),
        gdcm.ImageWriter(),
    )
    reader.SetFileName(str(plain))
    assert reader.Read()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer.SetFileName(str(packed))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    np.testing.assert_array_equal(read(packed).values, read(plain).values)


@pytest.mark.parametrize("name", _PACKED)
def test_without_the_extra_packed_files_name_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydicom.pixels.common import CoderBase

    monkeypatch.setattr(CoderBase, "is_available", property(lambda self: False))
    with pytest.raises(InputError, match=rf"{_PACKED[name]}.*pip install 'lumenfield\[dicom\]'"):
        read(_test_file(name, tmp_path))


def _test_file(name: str, folder: Path) -> Path:
    from pydicom.data import get_testdata_file

    path = get_testdata_file(f"{name}.dcm", download=False)
    assert isinstance(path, str)
    return Path(shutil.copy(path, folder / f"{name}.dcm"))
