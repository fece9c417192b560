"""Scans with a time axis, in the formats that hold one."""

from pathlib import Path

import nibabel
import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.io import ReadOptions, describe, frames, read

SERIES = np.random.default_rng(2).integers(0, 99, (2, 3, 4, 5)).astype(np.int16)


def _save(folder: Path, kind: str) -> Path:
    path = folder / f"a{kind}"
    if kind == ".nii.gz":
        nibabel.Nifti1Image(SERIES, np.diag([1.0, 2, 3, 1])).to_filename(path)
    elif kind == ".npy":
        np.save(path, SERIES)
    elif kind == ".npz":
        np.savez(path, scan=SERIES)
    else:
        data = np.moveaxis(SERIES, -1, 0) if kind == ".nrrd" else SERIES
        fields = "NRRD0004\ntype: short\ndimension: 4\nendian: little\nencoding: raw\n"
        sizes = " ".join(map(str, data.shape))
        fields += f"sizes: {sizes}\nspace: RAS\nkinds: list domain domain domain\n"
        fields += "space directions: none (1,0,0) (0,2,0) (0,0,3)\n\n"
        path.write_bytes(fields.encode() + data.astype("<i2").tobytes(order="F"))
    return path


@pytest.mark.parametrize("kind", [".nii.gz", ".npy", ".npz", ".nrrd"])
def test_a_frame_the_mean_and_every_frame(kind: str, tmp_path: Path) -> None:
    path = _save(tmp_path, kind)
    assert (describe(path).shape, describe(path).frames) == ((2, 3, 4), 5)
    one = read(path, ReadOptions(time=3)).values
    assert one.dtype == np.int16
    np.testing.assert_array_equal(one, SERIES[..., 3])
    mean = read(path, ReadOptions(time="mean")).values
    np.testing.assert_allclose(mean, SERIES.mean(axis=-1), rtol=1e-6)
    every = [read(path, options).values for options in frames(path, ReadOptions(time="all"))]
    np.testing.assert_array_equal(np.stack(every, axis=-1), SERIES)


@pytest.mark.parametrize(
    ("time", "message"),
    [
        (None, r"is 2×3×4×5 \(4-D\), 5 frames in time; one scan .*: pass --time mean, or one fra"),
        (5, r"frame 5 of .*; it has the frames 0 to 4: choose another with --time"),
        ("all", "has 5 frames in time; one scan is one frame: split it first, with `convert"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused(time: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read(_save(tmp_path, ".npy"), ReadOptions(time=time))  # type: ignore[arg-type]


def test_a_scan_without_time_is_its_own_mean(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", SERIES[..., 0])
    for time in ("mean", 0, "all"):
        found = read(tmp_path / "a.npy", ReadOptions(time=time))  # type: ignore[arg-type]
        np.testing.assert_array_equal(found.values, SERIES[..., 0])
    with pytest.raises(InputError, match="it has no time axis: leave out --time"):
        read(tmp_path / "a.npy", ReadOptions(time=1))


def test_an_image_in_time_keeps_two_axes(tmp_path: Path) -> None:
    nibabel.Nifti1Image(SERIES[:, :, :1], np.eye(4)).to_filename(tmp_path / "a.nii")
    assert read(tmp_path / "a.nii", ReadOptions(time=2)).shape == (2, 3)


def test_frames_count_from_zero() -> None:
    with pytest.raises(InputError, match="time -1; frames count from 0: pass --time 0 or more"):
        ReadOptions(time=-1)


def test_an_option_that_a_file_has_no_use_for_is_refused(tmp_path: Path) -> None:
    path = _save(tmp_path, ".npy")
    with pytest.raises(InputError, match=r"--array x for .*; it holds no array: leave out --array"):
        read(path, ReadOptions(array="x"))
    with pytest.raises(InputError, match=r"--series 3 for .*: leave out --series"):
        read(path, ReadOptions(series="3"))
