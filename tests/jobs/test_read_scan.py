"""What is asked of a scan before it is segmented, and what is said of it."""

from pathlib import Path

import numpy as np
import pytest

from lumenfield import io
from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.jobs.segment import read_scan

NOISE = np.random.default_rng(0).normal(100, 20, (9, 9, 9, 2)).astype(np.float32)


def test_an_assumed_voxel_size_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", NOISE[..., 0])
    scan, notes = read_scan(tmp_path / "a.npy")
    assert scan.spacing == (1, 1, 1)
    assert notes == ("a.npy records no voxel size; 1×1×1 mm was assumed: pass --spacing",)
    scan, notes = read_scan(tmp_path / "a.npy", io.ReadOptions(spacing=(0.5, 1.0, 2.0)))
    assert (scan.spacing, notes) == ((0.5, 1, 2), ())


def test_a_frame_is_chosen(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", NOISE)
    scan, _ = read_scan(tmp_path / "a.npy", io.ReadOptions(time=1))
    np.testing.assert_array_equal(scan.values, NOISE[..., 1])


@pytest.mark.parametrize(("edge", "unit"), [(800.0, "µm"), (8e-4, "metres")])
def test_edges_in_another_unit_are_refused(tmp_path: Path, edge: float, unit: str) -> None:
    io.write(Volume(NOISE[..., 0], np.diag([1, 1, edge, 1])), tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match=f"look like {unit}; an edge is 0.01 to 50 mm: mend"):
        read_scan(tmp_path / "a.nii.gz")
    scan, _ = read_scan(tmp_path / "a.nii.gz", io.ReadOptions(spacing=(1.0, 1.0, 0.8)))
    assert scan.spacing == pytest.approx((1, 1, 0.8))
    with pytest.raises(InputError, match=f"--spacing: voxels of .* look like {unit}; .*: give"):
        read_scan(tmp_path / "a.nii.gz", io.ReadOptions(spacing=(1.0, 1.0, edge)))


def test_a_mask_is_no_scan(tmp_path: Path) -> None:
    io.write(Volume((NOISE[..., 0] > 120).astype(np.uint8), np.eye(4)), tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match=r"holds nothing but 0, 1; .* this is a label map: give"):
        read_scan(tmp_path / "a.nii.gz")


@pytest.mark.parametrize(("slant", "fine"), [(0.01, True), (0.4, False)])
def test_axes_that_are_not_at_right_angles_are_refused(
    tmp_path: Path, slant: float, fine: bool
) -> None:
    affine = np.eye(4)
    affine[0, 1] = slant
    io.write(Volume(NOISE[..., 0], affine), tmp_path / "a.nii.gz")
    if fine:
        assert read_scan(tmp_path / "a.nii.gz")[0].shape == (9, 9, 9)
        return
    with pytest.raises(InputError, match=r"axes are 22° off a right angle; .*: resample it"):
        read_scan(tmp_path / "a.nii.gz")


def test_a_scan_that_is_negative_in_places_is_told(tmp_path: Path) -> None:
    io.write(Volume(NOISE[..., 0] - 100, np.eye(4)), tmp_path / "a.nii.gz")
    (note,) = read_scan(tmp_path / "a.nii.gz")[1]
    assert "a.nii.gz is negative in" in note
