from pathlib import Path

import numpy as np
import pytest

from lumenfield import io
from lumenfield.errors import InputError
from lumenfield.jobs.convert import assumed, convert


def test_every_frame_goes_to_a_file_of_its_own(tmp_path: Path) -> None:
    series = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    np.save(tmp_path / "a.npy", series)
    options = io.ReadOptions(spacing=(1.0, 2.0, 3.0), time="all")
    written = convert(tmp_path / "a.npy", tmp_path / "b.nii.gz", options)
    assert [path.name for path in written] == [f"b-t0{t}.nii.gz" for t in range(5)]
    np.testing.assert_array_equal(io.read(written[3]).values, series[..., 3])
    assert io.read(written[3]).spacing == (1, 2, 3)


def test_a_new_folder_is_made_and_an_unknown_suffix_has_its_choice(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(60.0).reshape(3, 4, 5))
    options = io.ReadOptions(spacing=(1.0, 2.0, 3.0))
    with pytest.raises(InputError, match=r"suffix \.foo; .*: choose one of these"):
        convert(tmp_path / "a.npy", tmp_path / "no" / "x.foo", options)
    assert not (tmp_path / "no").exists()
    convert(tmp_path / "a.npy", tmp_path / "new" / "x.mha", options)
    assert io.read(tmp_path / "new" / "x.mha").spacing == (1, 2, 3)


def test_what_was_assumed_of_a_scan_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(60.0).reshape(3, 4, 5))
    told = "a.npy records no voxel size; 1 mm was assumed: pass --spacing"
    assert assumed(tmp_path / "a.npy", io.ReadOptions()) == (told,)
    given = io.ReadOptions(spacing=(1.0, 2.0, 3.0))
    assert assumed(tmp_path / "a.npy", given) == ()
    convert(tmp_path / "a.npy", tmp_path / "b.mha", given)
    assert assumed(tmp_path / "b.mha", io.ReadOptions()) == ()


def test_a_grid_that_must_be_in_metres_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(60.0).reshape(3, 4, 5))
    convert(tmp_path / "a.npy", tmp_path / "b.vti", io.ReadOptions(spacing=(1e-3, 1e-3, 2e-3)))
    told = "voxels of 0.001 mm look like metres: pass --spacing"
    assert assumed(tmp_path / "b.vti", io.ReadOptions()) == (told,)
    assert assumed(tmp_path / "b.vti", io.ReadOptions(spacing=(1.0, 1.0, 2.0))) == ()
