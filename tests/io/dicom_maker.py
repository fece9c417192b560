"""DICOM series made by hand, classic and enhanced, of a grid whose place is known."""

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from lumenfield.datatypes import Volume

LPS = np.diag([-1.0, -1.0, 1.0])


def geometry(affine: np.ndarray) -> tuple[list[float], list[float], np.ndarray, np.ndarray]:
    """Give orientation, pixel spacing, first position and step, in LPS, of a RAS affine."""
    columns = LPS @ affine[:3, :3]
    spacing = np.linalg.norm(columns, axis=0)
    orientation = [*(columns[:, 0] / spacing[0]), *(columns[:, 1] / spacing[1])]
    return orientation, [spacing[1], spacing[0]], LPS @ affine[:3, 3], columns[:, 2]


def header(series: str = "1.2.3", number: int = 4, **elements: Any) -> Dataset:
    """Make what every image of a series says."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
    dataset.SOPClassUID, dataset.Modality = MRImageStorage, "MR"
    dataset.SeriesInstanceUID, dataset.SeriesNumber = UID(series), number
    dataset.SeriesDescription = "flow"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "FFE"]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def save(dataset: Dataset, path: Path, planes: np.ndarray) -> None:
    """Write one file; `planes` is rows × columns, with frames before them or not."""
    dataset.Rows, dataset.Columns = planes.shape[-2:]
    dataset.SOPInstanceUID = UID(f"1.2.{abs(hash(path)) % 10**12}")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.PixelData = planes.astype("<u2").tobytes()
    dataset.save_as(path, enforce_file_format=True)


def classic(volume: Volume, folder: Path, *, prefix: str = "im", **elements: Any) -> list[Path]:
    """Write one file a slice, in an order that says nothing."""
    orientation, spacing, first, step = geometry(volume.affine)
    folder.mkdir(exist_ok=True)
    paths = []
    for k in np.random.default_rng(3).permutation(volume.shape[2]):
        dataset = header(**elements)
        dataset.ImageOrientationPatient, dataset.PixelSpacing = orientation, spacing
        dataset.ImagePositionPatient = list(first + k * step)
        dataset.SliceThickness, dataset.InstanceNumber = 1.0, len(paths) + 1
        paths.append(folder / f"{prefix}{len(paths):03d}")
        save(dataset, paths[-1], volume.values[:, :, k].T)
    return paths


def enhanced(volume: Volume, path: Path, n_times: int = 1) -> None:
    """Write one file of all slices, backwards, at every time."""
    orientation, spacing, first, step = geometry(volume.affine)
    dataset, frames, planes = header(), [], []
    for t in range(n_times):
        for k in reversed(range(volume.shape[2])):
            frame = Dataset()
            place, content = Dataset(), Dataset()
            place.ImagePositionPatient = list(first + k * step)
            content.TemporalPositionIndex = n_times - t
            frame.PlanePositionSequence = Sequence([place])
            frame.FrameContentSequence = Sequence([content])
            frames.append(frame)
            planes.append(volume.values[:, :, k].T + 100 * (n_times - t - 1))
    shared, plane, measures = Dataset(), Dataset(), Dataset()
    plane.ImageOrientationPatient, measures.PixelSpacing = orientation, spacing
    shared.PlaneOrientationSequence = Sequence([plane])
    shared.PixelMeasuresSequence = Sequence([measures])
    dataset.NumberOfFrames = len(frames)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(frames)
    dataset.SharedFunctionalGroupsSequence = Sequence([shared])
    save(dataset, path, np.array(planes))
