from pathlib import Path

import numpy as np
import pytest

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import case_stem, describe, read, write

VALUES = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


def test_the_mean_of_the_magnitudes_is_read(tmp_path: Path) -> None:
    for name, values in (("x", VALUES * (3 + 4j)), ("y", -VALUES), ("z", VALUES * 3j)):
        np.save(tmp_path / f"{name}.npy", values)
    joined = "+".join(str(tmp_path / f"{name}.npy") for name in "xyz")
    found = read(joined, spacing=(1.0, 2.0, 3.0))
    np.testing.assert_allclose(found.values, 3 * VALUES, rtol=1e-6)
    assert found.spacing == (1, 2, 3)
    assert case_stem(Path(joined)) == "x+y+z"
    assert describe(joined).shape == (2, 3, 4)


def test_a_plus_in_a_name_is_only_a_plus(tmp_path: Path) -> None:
    np.save(tmp_path / "x.y+z.npy", VALUES)
    np.testing.assert_array_equal(read(tmp_path / "x.y+z.npy").values, VALUES)
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "gone+z.npy")


def test_different_grids_are_not_joined(tmp_path: Path) -> None:
    write(Volume(VALUES, np.eye(4)), tmp_path / "a.nii")
    write(Volume(VALUES, np.diag([2.0, 1, 1, 1])), tmp_path / "b.nii")
    with pytest.raises(InputError, match=r"b\.nii is 2×3×4 of 2×1×1 mm at .*; files joined with"):
        read(f"{tmp_path / 'a.nii'}+{tmp_path / 'b.nii'}")
