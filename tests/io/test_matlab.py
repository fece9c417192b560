"""MATLAB files of both versions, as MATLAB writes them."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from lumenfield.datatypes import Volume
from lumenfield.errors import InputError
from lumenfield.io import ReadOptions, has_geometry, read, write

VALUES = np.arange(24, dtype=np.float64).reshape(2, 3, 4)
COMPLEX = np.dtype([("real", "f8"), ("imag", "f8")])
# Fields are known by place: these names sort otherwise.
FIELDS = ["z_mask", "y", "x", "e1", "d2", "c3", "b4", "r1", "r2", "r3", "r4"]


def _images() -> list[np.ndarray]:
    """Eleven fields: the moduli of the four encoded ones have the mean 10·VALUES."""
    encoded = [VALUES * scale * phase for scale, phase in ((4, 1j), (8, -1), (12, 1), (16, -1j))]
    unused = [np.zeros((1, 1))] * 2
    return [VALUES > 3, *unused, *(image.astype(complex) for image in encoded), *[VALUES * 99] * 4]


def _save_v7(path: Path, content: dict[str, np.ndarray | dict[str, np.ndarray]]) -> Path:
    """Write what MATLAB's `save -v7.3` does: axes in reverse, a class, the fields in order."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in content.items():
            if isinstance(value, dict):
                group = file.create_group(name)
                group.attrs["MATLAB_class"] = np.bytes_("struct")
                letters = h5py.vlen_dtype(np.dtype("S1"))
                order = np.empty(len(value), letters)
                for i, field in enumerate(value):
                    order[i] = np.array([*field], "S1")
                group.attrs.create("MATLAB_fields", order, dtype=letters)
            for field, array in value.items() if isinstance(value, dict) else [("", value)]:
                data = array.T
                if np.iscomplexobj(data):
                    data = np.rec.fromarrays([data.real, data.imag], dtype=COMPLEX)
                dataset = file.create_dataset(f"{name}/{field}".rstrip("/"), data=data)
                dataset.attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    return path


def _save(path: Path, version: str, content: dict[str, np.ndarray]) -> Path:
    if version == "7.3":
        return _save_v7(path, content)
    savemat(path, content, do_compression=version == "7")
    return path


@pytest.mark.parametrize("version", ["6", "7", "7.3"])
def test_a_named_array_is_read_with_its_axes_in_order(version: str, tmp_path: Path) -> None:
    path = _save(tmp_path / "a.mat", version, {"magn": VALUES, "venc": np.array([[150.0]])})
    np.testing.assert_array_equal(read(path).values, VALUES)
    assert not has_geometry(path)
    path = _save(tmp_path / "b.mat", version, {"one": VALUES, "two": VALUES + 1})
    with pytest.raises(InputError, match=r"2 arrays: one \(2×3×4 float64\), two .*: choose it"):
        read(path)
    found = read(path, ReadOptions(array="two", spacing=(1.0, 2.0, 3.0)))
    np.testing.assert_array_equal(found.values, VALUES + 1)
    assert found.spacing == (1, 2, 3)


@pytest.mark.parametrize("version", ["6", "7", "7.3"])
def test_complex_images_become_magnitudes(version: str, tmp_path: Path) -> None:
    path = _save(tmp_path / "a.mat", version, {"IMtrx": VALUES * (3 + 4j), "other": VALUES})
    np.testing.assert_allclose(read(path).values, 5 * VALUES)


@pytest.mark.parametrize("version", ["6", "7", "7.3"])
def test_the_struct_of_encodings_is_known_by_place(version: str, tmp_path: Path) -> None:
    fields = dict(zip(FIELDS, _images(), strict=True))
    path = _save(tmp_path / "a.mat", version, {"STR": fields})
    found = read(path)
    assert found.values.dtype == np.float32
    np.testing.assert_allclose(found.values, 10 * VALUES, rtol=1e-6)


@pytest.mark.parametrize("version", ["7", "7.3"])
def test_another_struct_is_refused(version: str, tmp_path: Path) -> None:
    path = _save(tmp_path / "a.mat", version, {"s": {"a": VALUES, "b": VALUES}})
    with pytest.raises(InputError, match="fields 4 to 7 are no images of one size; mask, two unu"):
        read(path)


@pytest.mark.parametrize("version", ["7", "7.3"])
def test_spacing_beside_an_array_is_taken(version: str, tmp_path: Path) -> None:
    beside = {"spacing": np.array([[0.5, 1, 2]]), "origin": np.array([[1.0, 2, 3]])}
    found = read(_save(tmp_path / "a.mat", version, {"magn": VALUES, **beside}))
    np.testing.assert_array_equal(found.affine[:3], [[0.5, 0, 0, 1], [0, 1, 0, 2], [0, 0, 2, 3]])


def test_a_file_without_a_scan_is_named(tmp_path: Path) -> None:
    savemat(tmp_path / "a.mat", {"venc": 3.0, "name": "flow", "list": np.arange(9)})
    with pytest.raises(InputError, match="holds no array that could be a scan; two to four axes"):
        read(tmp_path / "a.mat")


def test_too_much_for_the_format_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lumenfield.io.matlab._MOST_BYTES", 10)
    with pytest.raises(InputError, match=r"MATLAB 5 files hold 2 GiB an array: write \.h5, which"):
        write(Volume(VALUES, np.eye(4)), tmp_path / "a.mat")
