from pathlib import Path

import h5py
import numpy as np
import pytest

from lumenfield.errors import InputError
from lumenfield.io import ReadOptions, describe, has_geometry, read

VALUES = np.arange(24, dtype=np.float32).reshape(2, 3, 4)


def test_the_only_data_set_is_read(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["deep/down/scan"] = VALUES
        file["label"] = "text"
        file["venc"] = 3.0
    np.testing.assert_array_equal(read(tmp_path / "a.h5").values, VALUES)
    assert not has_geometry(tmp_path / "a.h5")


def test_one_of_several_is_asked_for_by_path_or_last_name(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["a/one"], file["b/two"] = VALUES, VALUES + 1
    with pytest.raises(InputError, match=r"2 arrays: a/one \(2×3×4 float32\), b/two .* --array"):
        read(tmp_path / "a.h5")
    for name in ("b/two", "two"):
        found = read(tmp_path / "a.h5", ReadOptions(array=name))
        np.testing.assert_array_equal(found.values, VALUES + 1)
    assert [part.name for part in describe(tmp_path / "a.h5").parts] == ["a/one", "b/two"]


@pytest.mark.parametrize("where", ["data set", "group", "beside"])
def test_the_place_may_be_an_attribute_or_a_neighbour(where: str, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("g/scan", data=VALUES)
        facts = {"spacing": [5e-4, 1e-3, 2e-3], "origin": [1e-3, 2e-3, 3e-3], "units": "m"}
        place = {"data set": dataset.attrs, "group": file["g"].attrs, "beside": file["g"]}[where]
        for name, value in facts.items():
            place[name] = value
    found = read(tmp_path / "a.h5")
    np.testing.assert_allclose(found.affine[:3], [[0.5, 0, 0, 1], [0, 1, 0, 2], [0, 0, 2, 3]])


@pytest.mark.parametrize("kind", [np.complex64, [("r", "f4"), ("i", "f4")]])
def test_complex_numbers_become_magnitudes(kind: object, tmp_path: Path) -> None:
    data = np.zeros((2, 3, 4), kind)
    if data.dtype.names:
        data["r"], data["i"] = 3, 4
    else:
        data[...] = 3 + 4j
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["scan"] = data
    np.testing.assert_array_equal(read(tmp_path / "a.h5").values, 5)


def test_a_size_that_was_never_written_is_not_allocated(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("scan", (4000, 4000, 400), "f4", chunks=True)
    with pytest.raises(InputError, match="says it holds 4000×4000×400 values of float32; 0 bytes"):
        read(tmp_path / "a.h5")


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"spacing": [1.0, -1, 1]}, "a voxel size of 1×-1×1 mm"),
        ({"spacing": [1.0, 1, 1], "origin": [0.0, 0]}, r"has origin of shape \(2,\); numbers of"),
        ({"affine": np.eye(3)}, r"has affine of shape \(3, 3\); numbers of shape \(4, 4\): mend"),
        ({"spacing": [1.0, 1, 1], "units": "inch"}, "measures in 'inch'; mm, um, cm or m: mend"),
    ],
)
def test_a_place_that_lies_is_named(facts: dict[str, object], message: str, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["scan"] = VALUES
        file["scan"].attrs.update(facts)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.h5")
