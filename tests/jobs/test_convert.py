from pathlib import Path

import numpy as np

from lumenfield import io
from lumenfield.jobs.convert import convert


def test_every_frame_goes_to_a_file_of_its_own(tmp_path: Path) -> None:
    series = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    np.save(tmp_path / "a.npy", series)
    options = io.ReadOptions(spacing=(1.0, 2.0, 3.0), time="all")
    written = convert(tmp_path / "a.npy", tmp_path / "b.nii.gz", options)
    assert [path.name for path in written] == [f"b-t0{t}.nii.gz" for t in range(5)]
    np.testing.assert_array_equal(io.read(written[3]).values, series[..., 3])
    assert io.read(written[3]).spacing == (1, 2, 3)
