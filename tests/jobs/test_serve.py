"""What `serve` reads of an upload: a file, or a DICOM series in one; errors under its own name."""

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from lumenfield import io
from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.jobs.serve import read_upload
from lumenfield.viewer.answers import error_json
from lumenfield.viewer.uploads import Upload

VALUES = np.arange(4 * 5 * 3, dtype=np.uint16).reshape(4, 5, 3)


def slice_of(k: int) -> Dataset:
    """Make one slice of `VALUES`, 2 mm above the one before."""
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID = MRImageStorage
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID = f"1.2.3.{k + 1}"
    one.Modality, one.SeriesInstanceUID, one.SeriesNumber = "MR", "1.2.3", 4
    one.ImageType, one.InstanceNumber = ["ORIGINAL", "PRIMARY", "M", "FFE"], k + 1
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 16, 15, 0
    one.ImageOrientationPatient, one.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, 2 * k]
    one.PixelSpacing, one.SliceThickness = [1.5, 1.5], 2.0
    one.Rows, one.Columns = VALUES.shape[1], VALUES.shape[0]
    one.PixelData = VALUES[:, :, k].T.tobytes()
    return one


@pytest.fixture
def series(tmp_path: Path) -> Upload:
    """A zip of three slices in no order, in a folder, beside a text."""
    upload = Upload(tmp_path, "knee", ".zip")
    with zipfile.ZipFile(upload.received, "w") as archive:
        archive.writestr("study/notes.txt", "left knee")
        for k in (2, 0, 1):
            path = tmp_path / "slice"
            slice_of(k).save_as(path, enforce_file_format=True)
            archive.write(path, f"study/IM{k}")
            path.unlink()
    return upload


def test_a_zipped_series_is_read_as_one_scan(series: Upload) -> None:
    scan, notes = read_upload(series)
    assert scan.spacing == (1.5, 1.5, 2.0)
    np.testing.assert_array_equal(scan.values, VALUES)
    assert notes == ()
    assert [path.name for path in series.folder.iterdir()] == ["scan.zip"]


def test_an_error_names_the_file_as_its_sender_does(series: Upload) -> None:
    small = Upload(series.folder, "knee", ".zip", max_bytes=500)
    with pytest.raises(InputError, match=r"^knee\.zip unpacks to more than this server takes"):
        read_upload(small)
    assert [path.name for path in series.folder.iterdir()] == ["scan.zip"]


def test_a_single_file_is_read_as_it_came(tmp_path: Path) -> None:
    upload = Upload(tmp_path, "knee", ".npy", spacing=(1.0, 1.0, 2.0))
    io.write(Volume(VALUES.astype(np.float32), np.eye(4)), upload.received)
    assert read_upload(upload)[0].spacing == (1.0, 1.0, 2.0)


def test_of_several_series_the_named_one_is_read(series: Upload, tmp_path: Path) -> None:
    with zipfile.ZipFile(series.received, "a") as archive:
        for k in range(3):
            other, path = slice_of(k), tmp_path / "slice"
            other.SeriesInstanceUID, other.SeriesNumber = "1.2.9", 7
            other.SOPInstanceUID = other.file_meta.MediaStorageSOPInstanceUID = f"1.2.9.{k}"
            other.PixelData = (VALUES[:, :, k].T + 100).tobytes()
            other.save_as(path, enforce_file_format=True)
            archive.write(path, f"study/other{k}")
    with pytest.raises(InputError, match=r"^knee\.zip holds 2 series: 4 \(.*\), 7 \(") as raised:
        read_upload(series)
    told = error_json(raised.value)["message"]
    assert told.endswith("send it again with its name under “Series or array”")
    scan, _ = read_upload(replace(series, part="7"))
    np.testing.assert_array_equal(scan.values, VALUES + 100)


def test_an_array_and_a_frame_are_chosen(tmp_path: Path) -> None:
    upload = Upload(tmp_path, "knee", ".npz", part="b", time=1)
    np.savez(upload.received, a=VALUES, b=np.stack([VALUES, VALUES + 50], axis=-1).astype("f4"))
    scan, notes = read_upload(upload)
    np.testing.assert_array_equal(scan.values, VALUES + 50)
    assert notes == ("knee.npz records no voxel size; 1×1×1 mm was assumed: fill in “Voxel size”",)
