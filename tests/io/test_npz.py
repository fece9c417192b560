import zipfile
from pathlib import Path

import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.io import ReadOptions, has_geometry, read

VALUES = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


def test_the_only_array_is_read_in_either_order(tmp_path: Path) -> None:
    for order, save in (("C", np.savez), ("F", np.savez_compressed)):
        save(tmp_path / "a.npz", scan=np.asarray(VALUES, order=order), text="hello", number=3)
        np.testing.assert_array_equal(read(tmp_path / "a.npz").values, VALUES)
        assert not has_geometry(tmp_path / "a.npz")


def test_a_place_in_metres_is_read_in_millimetres(tmp_path: Path) -> None:
    place = {"spacing": [5e-4, 1e-3, 2e-3], "origin": [1e-3, 2e-3, 3e-3], "units": "m"}
    arrays = {"phi": VALUES, "sigma": VALUES, "direction": np.eye(3)[:, [1, 0, 2]]}
    np.savez(tmp_path / "a.npz", **arrays, **place)
    found = read(tmp_path / "a.npz", ReadOptions(array="phi"))
    np.testing.assert_allclose(found.affine[:3], [[0, 1, 0, 1], [0.5, 0, 0, 2], [0, 0, 2, 3]])


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", scan=np.array([[print, 1]], dtype=object))
    with pytest.raises(InputError, match="holds no array that could be a scan"):
        read(tmp_path / "a.npz")


def test_an_array_that_lies_about_its_size_is_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    lie = (tmp_path / "a.npy").read_bytes().replace(b"(2, 3, 4)", b"(9999, 9999, 99)")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("scan.npy", lie)
    with pytest.raises(InputError, match="says it holds 9999×9999×99 values of float32; 2"):
        read(tmp_path / "a.npz")
